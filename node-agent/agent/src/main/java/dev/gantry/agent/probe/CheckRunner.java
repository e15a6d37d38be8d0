package dev.gantry.agent.probe;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.container.ContainerRuntime.OutputChunk;
import dev.gantry.agent.container.ExitRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs checks. Each runs on a virtual thread of its own and is given up at its deadline, whatever it waits for. Stateless; safe for use by many
 * threads.
 */
public final class CheckRunner {
    private static final int LONGEST_OUTPUT = 1024;

    /**
     * Runs a check and waits for it.
     *
     * @return a failure also when the deadline passed
     * @throws InterruptedException when the caller is; the check is given up
     */
    public CheckResult run(Check check, CheckTarget target, Duration timeout) throws InterruptedException {
        FutureTask<CheckResult> task = new FutureTask<>(() -> perform(check, target, timeout));
        Thread thread = Thread.ofVirtual().name("check-" + target.address()).start(task);
        try {
            // a little longer than the check's own deadline, whose message says more
            return task.get(timeout.toMillis() + 250, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return CheckResult.failed(late(timeout));
        } catch (ExecutionException e) {
            return CheckResult.failed("The check failed: " + e.getCause());
        } finally {
            thread.interrupt();
        }
    }

    private static CheckResult perform(Check check, CheckTarget target, Duration timeout) throws InterruptedException {
        return switch (check) {
            case Check.Exec exec -> exec(exec, target, timeout);
            case Check.Http http -> HttpCheck.run(http, target.address(), timeout);
            case Check.Tcp tcp -> tcp(tcp, target.address(), timeout);
            case Check.Sleep sleep -> {
                Thread.sleep(Duration.ofSeconds(sleep.seconds()));
                yield CheckResult.passed("slept " + sleep.seconds() + " s");
            }
        };
    }

    private static CheckResult exec(Check.Exec exec, CheckTarget target, Duration timeout) throws InterruptedException {
        try (ContainerRuntime.ExecProcess process = target.exec(exec.command())) {
            Output output = new Output(process);
            Thread reader = Thread.ofVirtual().name("check-output").start(output);
            Optional<ExitRecord> exit = process.waitFor(timeout);
            if (exit.isEmpty()) {
                return CheckResult.failed(late(timeout));
            }
            reader.join(Duration.ofMillis(200));
            int code = exit.get().exitCode();
            return code == 0
                    ? CheckResult.passed(output.text())
                    : CheckResult.failed("The command exited with code %d: %s".formatted(code, output.text()));
        } catch (ContainerException e) {
            return CheckResult.failed("The command could not be run: " + e.getMessage());
        }
    }

    private static CheckResult tcp(Check.Tcp tcp, String address, Duration timeout) {
        String host = tcp.host().isEmpty() ? address : tcp.host();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, tcp.port()), (int) timeout.toMillis());
            return CheckResult.passed("connected");
        } catch (IOException e) {
            return CheckResult.failed("Can't connect to %s:%d: %s".formatted(host, tcp.port(), e.getMessage()));
        }
    }

    static String late(Duration timeout) {
        return "No answer within %d s".formatted(timeout.toSeconds());
    }

    /** Drains a command's output, so that it never blocks, and keeps its beginning. */
    private static final class Output implements Runnable {
        private final ContainerRuntime.ExecProcess process;
        private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

        Output(ContainerRuntime.ExecProcess process) {
            this.process = process;
        }

        @Override
        public void run() {
            try {
                for (OutputChunk chunk = process.read(); chunk != null; chunk = process.read()) {
                    synchronized (kept) {
                        int room = LONGEST_OUTPUT - kept.size();
                        kept.write(chunk.data(), 0, Math.min(room, chunk.data().length));
                    }
                }
            } catch (IOException e) {
                // the process is gone or was closed: what there is, is kept
            }
        }

        String text() {
            synchronized (kept) {
                return kept.toString(StandardCharsets.UTF_8).strip();
            }
        }
    }
}
