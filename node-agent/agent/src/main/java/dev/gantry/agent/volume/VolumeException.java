package dev.gantry.agent.volume;

import java.io.IOException;

/** A volume that can't be made or mounted. The message is a sentence for the pod's owner: which volume, what was expected. */
public final class VolumeException extends IOException {
    private static final long serialVersionUID = 1L;

    public VolumeException(String message) {
        super(message);
    }

    public VolumeException(String message, Throwable cause) {
        super(message, cause);
    }
}
