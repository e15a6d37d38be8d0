package dev.gantry.controlplane.dispatch;

/**
 * Something that a pod's conversion looked at: when it changes, the pod is converted again.
 *
 * @param namespace empty for images
 */
record Reference(Kind kind, String namespace, String name) {
    enum Kind {
        CONFIG_MAP,
        SECRET,
        IMAGE
    }
}
