package dev.gantry.controlplane.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Keeps what it is told. */
public final class RecordingListener implements ObjectCache.EventListener {
    private final List<ObjectCache.Event> events = new CopyOnWriteArrayList<>();
    private volatile long progress;
    private volatile @Nullable StoreException end;

    @Override
    public void onEvent(ObjectCache.Event event) {
        events.add(event);
    }

    @Override
    public void onProgress(long revision) {
        progress = revision;
    }

    @Override
    public void onEnd(StoreException reason) {
        end = reason;
    }

    public List<ObjectCache.Event> events() {
        return events;
    }

    /** Such as {@code ADDED a {"x":1}}. */
    public List<String> told() {
        return events.stream()
                .map(event -> "%s %s %s"
                        .formatted(
                                event.type(),
                                event.object().key().name(),
                                new String(event.object().json(), UTF_8)))
                .toList();
    }

    public long progress() {
        return progress;
    }

    public @Nullable StoreException end() {
        return end;
    }
}
