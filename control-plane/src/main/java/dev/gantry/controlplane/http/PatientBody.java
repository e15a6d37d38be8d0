package dev.gantry.controlplane.http;

import static java.util.Objects.requireNonNull;

import com.linecorp.armeria.common.util.TimeoutMode;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A body that may take as long as it needs, as long as some of it comes: each part that is read begins the request's time anew. */
final class PatientBody extends FilterInputStream {
    private final ServiceRequestContext context;
    private final long patienceMillis;

    PatientBody(ServiceRequestContext context, InputStream bytes) {
        super(requireNonNull(bytes, "bytes is null"));
        this.context = requireNonNull(context, "context is null");
        this.patienceMillis = context.requestTimeoutMillis();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int count = super.read(target, offset, length);
        // a streamed answer has no limit any more, and must not get one back
        if (count > 0 && patienceMillis > 0 && context.requestTimeoutMillis() > 0) {
            context.setRequestTimeoutMillis(TimeoutMode.SET_FROM_NOW, patienceMillis);
        }
        return count;
    }
}
