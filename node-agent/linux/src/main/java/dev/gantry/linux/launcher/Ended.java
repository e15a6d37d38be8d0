package dev.gantry.linux.launcher;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * The exit record: what a launcher writes to the file {@code exit}, and tells its clients, when its process has ended.
 *
 * @param status the exit code, or the signal when {@code killed}
 * @param finishedAtMillis since 1970-01-01 UTC
 * @param oomKills how often the kernel killed for memory in the process' cgroup
 */
public record Ended(boolean killed, int status, long finishedAtMillis, long oomKills) {
    private static final String HEADER = "gantry-exit 1";

    /** @throws IOException when the text is of an unknown version, or torn */
    public static Ended parse(String text) throws IOException {
        String[] lines = text.split("\n");
        if (!lines[0].equals(HEADER)) {
            throw new IOException(
                    "An exit record begins with \"%s\"; this agent knows only \"%s\": run the version of the agent that started it"
                            .formatted(lines[0], HEADER));
        }
        Map<String, String> fields = new HashMap<>();
        for (int i = 1; i < lines.length; i++) {
            String[] words = lines[i].split(" ", 2);
            fields.put(words[0], words.length > 1 ? words[1] : "");
        }
        boolean killed = fields.containsKey("killed");
        try {
            return new Ended(
                    killed,
                    Integer.parseInt(fields.getOrDefault(killed ? "killed" : "exited", "")),
                    Long.parseLong(fields.getOrDefault("finished", "")),
                    Long.parseLong(fields.getOrDefault("oom-kills", "")));
        } catch (NumberFormatException e) {
            throw new IOException("An exit record is damaged: " + text, e);
        }
    }
}
