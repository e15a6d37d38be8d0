package dev.gantry.controlplane.event;

/** Kubernetes' types of events. */
public enum Severity {
    NORMAL("Normal"),
    WARNING("Warning");

    private final String type;

    Severity(String type) {
        this.type = type;
    }

    /** As the API writes it. */
    public String type() {
        return type;
    }
}
