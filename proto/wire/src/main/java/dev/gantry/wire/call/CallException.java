package dev.gantry.wire.call;

import io.grpc.Status;
import java.io.IOException;

/** A call that has failed. */
public final class CallException extends IOException {
    private final transient Status status;

    public CallException(Throwable reason) {
        super(Status.fromThrowable(reason).toString(), reason);
        this.status = Status.fromThrowable(reason);
    }

    /** What gRPC says of it. */
    public Status status() {
        return status;
    }
}
