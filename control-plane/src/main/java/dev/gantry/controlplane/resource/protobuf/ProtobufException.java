package dev.gantry.controlplane.resource.protobuf;

/** A body that is no message of its kind. The message says what is wrong, for the client. */
public final class ProtobufException extends Exception {
    private static final long serialVersionUID = 1;

    private final String what;
    private final boolean unknownKind;

    ProtobufException(String what, boolean unknownKind) {
        super(what);
        this.what = what;
        this.unknownKind = unknownKind;
    }

    /** The message. */
    public String what() {
        return what;
    }

    /** Whether the body may be right, but is of a kind that can only be read as JSON. */
    public boolean isUnknownKind() {
        return unknownKind;
    }
}
