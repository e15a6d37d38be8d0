package dev.gantry.cli.build;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.Console;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A build's events as lines: each step once when it starts, its output beneath, and how it ended. */
public final class BuildProgress {
    private final Console console;
    private final boolean quiet;
    private final Map<Integer, String> titles = new HashMap<>();
    private String dockerfile = "Dockerfile";

    public BuildProgress(Console console, boolean quiet) {
        this.console = console;
        this.quiet = quiet;
    }

    /** The Dockerfile as the user named it, for warnings. */
    void dockerfile(Path path) {
        dockerfile = path.toString();
    }

    public void event(JsonNode event) {
        if (event.has("warning")) {
            int line = event.at("/warning/line").asInt();
            console.note(
                    "%s%s: warning: %s",
                    dockerfile,
                    line == 0 ? "" : ":" + line,
                    event.at("/warning/message").asText());
        } else if (!quiet) {
            show(event);
        }
    }

    private void show(JsonNode event) {
        if (event.has("started")) {
            JsonNode started = event.path("started");
            String title = "[%d/%d] %s"
                    .formatted(
                            started.path("step").asInt(),
                            started.path("steps").asInt(),
                            started.path("instruction").asText());
            titles.put(started.path("step").asInt(), title);
            console.note("%s", title);
        } else if (event.has("output")) {
            event.at("/output/text").asText().lines().forEach(line -> console.note("      %s", line));
        } else if (event.has("finished")) {
            JsonNode finished = event.path("finished");
            String title = titles.getOrDefault(finished.path("step").asInt(), "");
            if (finished.path("cached").asBoolean()) {
                console.note("%s: cached", title);
            } else if (finished.path("millis").asLong() >= 1000) {
                console.note("%s: %.1f s", title, finished.path("millis").asLong() / 1000.0);
            }
        }
    }
}
