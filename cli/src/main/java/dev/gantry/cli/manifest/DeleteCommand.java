package dev.gantry.cli.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import dev.gantry.cli.api.Discovery;
import dev.gantry.cli.api.NamedObject;
import dev.gantry.cli.api.Resource;
import dev.gantry.cli.api.Watch;
import dev.gantry.cli.show.Targets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "delete",
        description = "Delete objects by name, by label or by manifest, and wait until they are gone.")
public final class DeleteCommand implements Callable<Integer> {
    /** How long one stream lasts at most. */
    private static final Duration STREAM = Duration.ofSeconds(60);

    private final Console console;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Parameters(paramLabel = "TYPE NAME", arity = "0..*", description = "pod web-1, or pod/web-1 deployment/web.")
    private List<String> typed = new ArrayList<>();

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE",
            description = "Delete what these manifests declare.")
    private List<String> files = new ArrayList<>();

    @Option(
            names = {"-l", "--selector"},
            paramLabel = "SELECTOR",
            description = "Label selector.")
    private @Nullable String selector;

    @Option(names = "--all", description = "All objects of the type in the namespace.")
    private boolean all;

    @Option(
            names = "--grace-period",
            paramLabel = "SECONDS",
            description = "Seconds between the stop signal and the kill; the pod's own when not given.")
    private @Nullable Long gracePeriod;

    @Option(names = "--force", description = "Delete the object at once, without waiting for its node.")
    private boolean force;

    @Option(
            names = "--cascade",
            paramLabel = "HOW",
            defaultValue = "background",
            description = "background, foreground or orphan.")
    private String cascade = "background";

    @Option(
            names = "--wait",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Wait until they are gone (the default).")
    private boolean wait = true;

    @Option(names = "--ignore-not-found", description = "An object that is not there is no failure.")
    private boolean ignoreNotFound;

    public DeleteCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        List<Manifest> manifests = files.isEmpty() ? List.of() : Manifests.read(files, console.in());
        try (ApiClient client = cluster.connect()) {
            Discovery discovery = new Discovery(client);
            List<Targets.Target> targets = new ArrayList<>();
            for (Manifest manifest : manifests.reversed()) {
                discovery
                        .byKind(manifest.apiVersion(), manifest.kind())
                        .ifPresent(r ->
                                targets.add(new Targets.Target(r, namespace(client, r, manifest), manifest.name())));
            }
            targets.addAll(chosen(client, discovery));
            if (targets.isEmpty() && files.isEmpty() && selector == null && !all) {
                throw new Failure(
                        2,
                        "nothing to delete: name objects (gantry delete pod web-1), a manifest (-f), or a selector (-l)");
            }
            return deleteAll(client, targets);
        }
    }

    private List<Targets.Target> chosen(ApiClient client, Discovery discovery) {
        if (typed.isEmpty()) {
            return List.of();
        }
        String namespace = cluster.namespace(client);
        if (selector == null && !all) {
            List<Targets.Target> named = Targets.parse(discovery, namespace, typed);
            if (named.stream().anyMatch(t -> t.name() == null)) {
                throw new Failure(2, "name the objects to delete, or give --all or a selector (-l)");
            }
            return named;
        }
        List<Targets.Target> found = new ArrayList<>();
        for (Targets.Target target : Targets.parse(discovery, namespace, typed)) {
            String query = selector == null ? "" : "?labelSelector=" + ApiClient.encode(selector);
            for (JsonNode item : client.get(target.resource().path(target.namespace()) + query)
                    .path("items")) {
                found.add(new Targets.Target(
                        target.resource(),
                        target.namespace(),
                        item.at("/metadata/name").asText()));
            }
        }
        return found;
    }

    private int deleteAll(ApiClient client, List<Targets.Target> targets) {
        int failures = 0;
        List<Targets.Target> deleted = new ArrayList<>();
        for (Targets.Target target : targets) {
            try {
                client.delete(target.resource().path(target.namespace(), target.requireName()), options());
                deleted.add(target);
            } catch (ApiFailure e) {
                if (!(e.notFound() && ignoreNotFound)) {
                    console.note("gantry: %s", e.getMessage());
                    failures++;
                }
            }
        }
        for (Targets.Target target : deleted) {
            if (wait && !force) {
                awaitGone(client, target);
            }
            console.line("%s \"%s\" deleted", target.resource().qualifiedKind(), target.requireName());
        }
        return failures == 0 ? 0 : 1;
    }

    private ObjectNode options() {
        ObjectNode options = JsonNodeFactory.instance.objectNode();
        options.put("kind", "DeleteOptions").put("apiVersion", "v1");
        options.put(
                "propagationPolicy",
                switch (cascade.toLowerCase(Locale.ROOT)) {
                    case "background", "true" -> "Background";
                    case "foreground" -> "Foreground";
                    case "orphan", "false" -> "Orphan";
                    default ->
                        throw new Failure(
                                2, "--cascade=%s: expected background, foreground or orphan".formatted(cascade));
                });
        if (force) {
            options.put("gracePeriodSeconds", 0);
        } else if (gracePeriod != null) {
            options.put("gracePeriodSeconds", gracePeriod);
        }
        return options;
    }

    private static void awaitGone(ApiClient client, Targets.Target target) {
        NamedObject watched = new NamedObject(client, target.resource(), target.namespace(), target.requireName());
        while (true) {
            NamedObject.Seen seen = watched.look();
            if (seen.object().isEmpty()) {
                return;
            }
            String uid = seen.object().get().at("/metadata/uid").asText();
            try (Watch watch = watched.changes(seen, STREAM)) {
                for (JsonNode event = watch.next(); event != null; event = watch.next()) {
                    boolean gone = event.path("type").asText().equals("DELETED")
                            || !event.at("/object/metadata/uid").asText(uid).equals(uid);
                    if (gone) {
                        return;
                    }
                }
            } catch (ApiFailure e) {
                if (!e.expired()) {
                    throw e;
                }
            }
        }
    }

    private @Nullable String namespace(ApiClient client, Resource resource, Manifest manifest) {
        return !resource.namespaced()
                ? null
                : manifest.namespace().isEmpty() ? cluster.namespace(client) : manifest.namespace();
    }
}
