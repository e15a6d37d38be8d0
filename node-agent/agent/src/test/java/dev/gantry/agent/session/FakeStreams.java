package dev.gantry.agent.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime.AttachedStreams;
import dev.gantry.agent.container.ContainerRuntime.ExecProcess;
import dev.gantry.agent.container.ContainerRuntime.OutputChunk;
import dev.gantry.agent.container.ExitRecord;
import dev.gantry.agent.pod.PodStreams;
import dev.gantry.wire.node.v1.AttachRequest;
import dev.gantry.wire.node.v1.ExecRequest;
import dev.gantry.wire.node.v1.LogRequest;
import dev.gantry.wire.node.v1.PortForwardRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** A container whose processes give back their input and exit with 7 at its end; closed when told. */
final class FakeStreams implements PodStreams {
    final CountDownLatch closed = new CountDownLatch(1);

    @Override
    public ExecProcess exec(ExecRequest request) throws ContainerException {
        if (request.getContainer().equals("stopped")) {
            throw new ContainerException("ContainerNotRunning", "container stopped is not running");
        }
        return new Echo();
    }

    @Override
    public AttachedStreams attach(AttachRequest request) {
        return new Echo();
    }

    @Override
    public AttachedStreams portForward(PortForwardRequest request) throws ContainerException {
        if (request.getPort() != 9) {
            throw new ContainerException("PortNotOpen", "nothing listens on port " + request.getPort());
        }
        return new Echo();
    }

    @Override
    public void log(LogRequest request, LogSink sink) throws ContainerException, IOException {
        if (request.getContainer().equals("absent")) {
            throw new ContainerException("NotFound", "there is no container absent");
        }
        byte[] line = "a line\n".getBytes(UTF_8);
        sink.write(line, 0, line.length);
        if (request.getFollow()) {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                closed.countDown();
                throw new IOException("the reader went away", e);
            }
        }
    }

    private final class Echo implements ExecProcess {
        private static final byte[] END = new byte[0];
        private final BlockingQueue<byte[]> output = new LinkedBlockingQueue<>();

        @Override
        public @Nullable OutputChunk read() throws IOException {
            try {
                byte[] data = output.take();
                return data.length == 0 ? null : new OutputChunk(false, data);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        @Override
        public void writeStdin(byte[] data, int offset, int length) {
            output.add(Arrays.copyOfRange(data, offset, offset + length));
        }

        @Override
        public void closeStdin() {
            output.add(END);
        }

        @Override
        public void resize(int columns, int rows) {
            output.add("%dx%d".formatted(columns, rows).getBytes(UTF_8));
        }

        @Override
        public Optional<ExitRecord> waitFor(Duration timeout) {
            return Optional.of(new ExitRecord(7, 0, ExitRecord.Cause.EXITED, 1));
        }

        @Override
        public void close() {
            output.add(END);
            closed.countDown();
        }
    }
}
