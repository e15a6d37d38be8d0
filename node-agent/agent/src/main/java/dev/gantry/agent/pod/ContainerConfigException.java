package dev.gantry.agent.pod;

/** A spec and an image that don't go together. The message is a sentence for the pod's owner. */
final class ContainerConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    ContainerConfigException(String message) {
        super(message);
    }
}
