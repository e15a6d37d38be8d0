package dev.gantry.common.yaml;

import static java.util.Objects.requireNonNull;

/** Text that is not YAML, or more of it than is read. The message has no position: {@link #position()} is where a person should look. */
public final class YamlException extends Exception {
    private final transient YamlPosition position;

    public YamlException(String message, YamlPosition position) {
        super(message);
        this.position = requireNonNull(position, "position is null");
    }

    public YamlPosition position() {
        return position;
    }
}
