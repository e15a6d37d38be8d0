package dev.gantry.controlplane.controller.runtime;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.controlplane.event.EventRecorder;
import dev.gantry.controlplane.event.Severity;
import dev.gantry.controlplane.resource.ApiException;
import dev.gantry.controlplane.resource.ClusterObjects;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.StoreException;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * Carries out planned actions in order. Creations that follow one another go out in growing batches (1, 2, 4 …), the writes of a batch at once, so that
 * a quota or an admission that refuses everything is asked once and not a thousand times.
 */
final class ActionRunner {
    private static final CrashPoint CREATED = CrashPoint.of("controller.created");
    private static final CrashPoint UPDATED = CrashPoint.of("controller.updated");
    private static final CrashPoint STATUS_UPDATED = CrashPoint.of("controller.status-updated");
    private static final CrashPoint DELETED = CrashPoint.of("controller.deleted");

    private final ClusterObjects objects;
    private final Fence fence;
    private final EventRecorder events;
    private final Executor parallel;

    ActionRunner(ClusterObjects objects, Fence fence, EventRecorder events, Executor parallel) {
        this.objects = requireNonNull(objects, "objects is null");
        this.fence = requireNonNull(fence, "fence is null");
        this.events = requireNonNull(events, "events is null");
        this.parallel = requireNonNull(parallel, "parallel is null");
    }

    /**
     * @throws ApiException when a write was refused; those before it are done
     * @throws StoreException when the store failed
     */
    void run(List<Action> actions, OwnWrites written) {
        int next = 0;
        while (next < actions.size()) {
            if (actions.get(next) instanceof Action.Create<?>) {
                int end = next;
                List<Action.Create<?>> creations = new ArrayList<>();
                while (end < actions.size() && actions.get(end) instanceof Action.Create<?> create) {
                    creations.add(create);
                    end++;
                }
                createInGrowingBatches(creations, written);
                next = end;
            } else {
                run(actions.get(next), written);
                next++;
            }
        }
    }

    private void run(Action action, OwnWrites written) {
        switch (action) {
            case Action.Create<?> create -> create(create, written);
            case Action.Update<?> update -> update(update, written);
            case Action.UpdateStatus<?> update -> updateStatus(update, written);
            case Action.Delete<?> delete -> delete(delete, written);
            case Action.Report(var regarding, var severity, var reason, var message) ->
                events.record(regarding, severity, reason, message, fence);
        }
    }

    private void createInGrowingBatches(List<Action.Create<?>> creations, OwnWrites written) {
        int batch = 1;
        for (int from = 0; from < creations.size(); from += batch, batch *= 2) {
            List<Action.Create<?>> some = creations.subList(from, Math.min(from + batch, creations.size()));
            List<CompletableFuture<Void>> running = some.stream()
                    .map(create -> CompletableFuture.runAsync(() -> create(create, written), parallel))
                    .toList();
            try {
                CompletableFuture.allOf(running.toArray(CompletableFuture[]::new))
                        .join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                if (e.getCause() instanceof Error cause) {
                    throw cause;
                }
                throw e;
            }
        }
    }

    private <T extends HasMetadata> void create(Action.Create<T> create, OwnWrites written) {
        try {
            written.written(objects.create(create.resource(), create.object(), fence));
        } catch (ApiException e) {
            HasMetadata owner = create.owner();
            if (owner != null) {
                String message = "Error creating: " + e.getMessage();
                events.record(owner, Severity.WARNING, "FailedCreate", message, fence);
            }
            throw e;
        }
        CREATED.reach();
    }

    private <T extends HasMetadata> void update(Action.Update<T> update, OwnWrites written) {
        written.written(objects.update(update.resource(), update.object(), fence));
        UPDATED.reach();
    }

    private <T extends HasMetadata> void updateStatus(Action.UpdateStatus<T> update, OwnWrites written) {
        List<T> updated = update.objects().size() == 1
                ? List.of(
                        objects.updateStatus(update.resource(), update.objects().getFirst(), fence))
                : objects.updateStatuses(update.resource(), update.objects(), fence);
        updated.forEach(written::written);
        STATUS_UPDATED.reach();
    }

    private <T extends HasMetadata> void delete(Action.Delete<T> delete, OwnWrites written) {
        ObjectName object = delete.object();
        try {
            objects.delete(delete.resource(), object.namespace(), object.name(), delete.options(), fence);
        } catch (StoreException.NotFound e) {
            return; // what was wanted is so
        } catch (ApiException e) {
            if (e.code() == 404) {
                return;
            }
            throw e;
        }
        String uid = delete.options().uid();
        if (uid != null) {
            written.deleted(delete.resource(), object, uid);
        }
        DELETED.reach();
    }
}
