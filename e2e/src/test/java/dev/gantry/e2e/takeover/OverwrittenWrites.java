package dev.gantry.e2e.takeover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that write one ConfigMap each, through one control plane, one write after the other, until a write fails. Then somebody else writes the same
 * objects through another control plane, as clients do that have lost patience.
 */
final class OverwrittenWrites {
    private static final String PATH = "/api/v1/namespaces/default/configmaps";

    private final List<Writer> writers = new ArrayList<>();
    private final AtomicInteger refused = new AtomicInteger();

    /** Makes the objects, and begins. @param prefix of the objects' names */
    OverwrittenWrites(ApiClient through, String prefix, int count) {
        for (int i = 0; i < count; i++) {
            String name = prefix + "-" + i;
            writers.add(new Writer(name, through, through.post(PATH, configMap(name, "new"))));
        }
        writers.forEach(writer -> writer.thread.start());
    }

    boolean allHaveWritten() {
        return writers.stream().allMatch(writer -> writer.written > 0);
    }

    /** Writes each object as it is now, whatever the writers are still waiting for: what they write next they write over something that they have not seen. */
    void overwrite(ApiClient through) {
        for (Writer writer : writers) {
            ObjectNode found = (ObjectNode) through.get(PATH + "/" + writer.name);
            found.withObject("/data").put("by", "second");
            writer.overwritten = revision(through.put(PATH + "/" + writer.name, found));
        }
    }

    boolean ended() {
        return writers.stream().noneMatch(writer -> writer.thread.isAlive());
    }

    /** Writes that were answered by a failure: a conflict, or that the store was not reachable. */
    int refused() {
        return refused.get();
    }

    /** What writers were told was written after the object had been overwritten: there must be none. */
    List<String> tookEffectLate() {
        return writers.stream()
                .filter(writer -> writer.revision > writer.overwritten)
                .map(writer ->
                        "%s at %d, overwritten at %d".formatted(writer.name, writer.revision, writer.overwritten))
                .toList();
    }

    private static ObjectNode configMap(String name, String by) {
        ObjectNode map =
                JsonNodeFactory.instance.objectNode().put("apiVersion", "v1").put("kind", "ConfigMap");
        map.putObject("metadata").put("name", name);
        map.putObject("data").put("by", by);
        return map;
    }

    private static long revision(JsonNode object) {
        return object.at("/metadata/resourceVersion").asLong();
    }

    private final class Writer {
        private final String name;
        private final Thread thread;
        private volatile int written;
        private volatile long revision;
        private volatile long overwritten;

        Writer(String name, ApiClient through, JsonNode created) {
            this.name = name;
            this.revision = revision(created);
            this.thread = Thread.ofVirtual().name(name).unstarted(() -> write(through, (ObjectNode) created));
        }

        private void write(ApiClient through, ObjectNode created) {
            ObjectNode next = created;
            try {
                while (true) {
                    next.withObject("/data").put("by", "first, " + written);
                    next = (ObjectNode) through.put(PATH + "/" + name, next);
                    revision = revision(next);
                    written++;
                }
            } catch (ApiFailure | Failure e) {
                refused.incrementAndGet();
            }
        }
    }
}
