package dev.gantry.e2e.host;

/** Manifests that scenarios of several kinds apply. */
public final class Manifests {
    /** Lines for {@link #pod}: its container is not started again. */
    public static final String ONCE = "  restartPolicy: Never\n";

    private Manifests() {}

    /**
     * A pod of one container of {@link BusyboxImage}, which runs a shell script. Its label {@code app} is its name.
     *
     * @param more lines that follow the container's, indented by what they belong to; may be empty
     */
    public static String pod(String name, String script, String more) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, labels: {app: %s}}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: %s
                    command: ["/bin/sh", "-c", %s]
                %s---
                """.formatted(name, name, BusyboxImage.NAME, quoted(script), more);
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
