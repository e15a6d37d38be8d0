package dev.gantry.agent.probe;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.agent.container.ContainerException;
import dev.gantry.agent.container.ContainerRuntime;
import dev.gantry.agent.container.ContainerRuntime.OutputChunk;
import dev.gantry.agent.container.ExitRecord;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CheckRunnerTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final CheckRunner runner = new CheckRunner();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile String answer = "HTTP/1.1 200 OK\r\n\r\n";
    private ServerSocket server;

    @BeforeEach
    void begin() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::serve);
    }

    @AfterEach
    void end() throws IOException {
        server.close();
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
                StringBuilder request = new StringBuilder();
                for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                    request.append(line).append('\n');
                }
                requests.add(request.toString());
                socket.getOutputStream().write(answer.getBytes(ISO_8859_1));
            } catch (IOException e) {
                // a check that only connects, or the end of the test
            }
        }
    }

    @Test
    void asksByHttp() throws Exception {
        CheckResult result = runner.run(
                new Check.Http(
                        "", server.getLocalPort(), "healthz?a=b c", false, List.of(Map.entry("X-A", "1\r\nX-Evil: 2"))),
                target(),
                LONG);
        assertThat(result.success()).isTrue();
        assertThat(requests.getFirst())
                .startsWith("GET /healthz?a=b%20c HTTP/1.1\n")
                .contains("X-A: 1X-Evil: 2\n")
                .contains("Host: 127.0.0.1:" + server.getLocalPort());
    }

    @Test
    void failsOnABadStatusAndOnNonsense() throws Exception {
        answer = "HTTP/1.1 503 Busy\r\n\r\n";
        assertThat(http().message()).contains("status 503").contains("200 to 399");
        answer = "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n";
        assertThat(http().success()).isTrue();
        answer = "SSH-2.0-nonsense\r\n";
        assertThat(http().message()).contains("not HTTP/1.1");
        server.close();
        assertThat(http().success()).isFalse();
    }

    private CheckResult http() throws InterruptedException {
        return runner.run(new Check.Http("", server.getLocalPort(), "/", false, List.of()), target(), LONG);
    }

    @Test
    void connectsByTcp() throws Exception {
        assertThat(runner.run(new Check.Tcp("", server.getLocalPort()), target(), LONG)
                        .success())
                .isTrue();
        int port;
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = silent.getLocalPort();
        }
        assertThat(runner.run(new Check.Tcp("127.0.0.1", port), target(), LONG).message())
                .contains("Can't connect to 127.0.0.1:" + port);
    }

    @Test
    void runsCommands() throws Exception {
        assertThat(runner.run(new Check.Exec(List.of("true")), target(), LONG).success())
                .isTrue();
        CheckResult failed = runner.run(new Check.Exec(List.of("false")), target(), LONG);
        assertThat(failed.success()).isFalse();
        assertThat(failed.message()).contains("code 1").contains("no good");
        assertThat(runner.run(new Check.Exec(List.of("missing")), target(), LONG)
                        .message())
                .contains("no such program");
    }

    @Test
    void givesUpOnWhatHangs() throws Exception {
        CheckResult result = runner.run(new Check.Exec(List.of("hang")), target(), Duration.ofSeconds(1));
        assertThat(result.success()).isFalse();
        assertThat(result.message()).contains("within 1 s");
    }

    @Test
    void countsToItsThresholds() {
        ProbeSettings settings = new ProbeSettings(new Check.Sleep(0), 0, 0, 0, 2, 3);
        assertThat(settings.periodSeconds()).isEqualTo(1);
        ProbeCounter counter = ProbeCounter.initially(false).after(true, settings);
        assertThat(counter.decided()).isFalse();
        counter = counter.after(true, settings);
        assertThat(counter.passing()).isTrue();
        counter = counter.after(false, settings).after(false, settings);
        assertThat(counter.passing()).isTrue();
        counter = counter.after(true, settings).after(false, settings).after(false, settings);
        assertThat(counter.passing()).isTrue();
        counter = counter.after(false, settings);
        assertThat(counter.passing()).isFalse();
    }

    private static CheckTarget target() {
        return new CheckTarget() {
            @Override
            public String address() {
                return "127.0.0.1";
            }

            @Override
            public ContainerRuntime.ExecProcess exec(List<String> command) throws ContainerException {
                return switch (command.getFirst()) {
                    case "missing" -> throw new ContainerException("ExecError", "no such program");
                    case "hang" -> new Process(0, true);
                    case "false" -> new Process(1, false);
                    default -> new Process(0, false);
                };
            }
        };
    }

    private static final class Process implements ContainerRuntime.ExecProcess {
        private final int code;
        private final CountDownLatch ended;
        private final Deque<OutputChunk> output = new ArrayDeque<>();

        Process(int code, boolean hangs) {
            this.code = code;
            this.ended = new CountDownLatch(hangs ? 1 : 0);
            output.add(new OutputChunk(true, (code == 0 ? "fine" : "no good").getBytes(UTF_8)));
        }

        @Override
        public Optional<ExitRecord> waitFor(Duration timeout) throws InterruptedException {
            return ended.await(timeout.toNanos(), java.util.concurrent.TimeUnit.NANOSECONDS)
                    ? Optional.of(new ExitRecord(code, 0, ExitRecord.Cause.EXITED, 0))
                    : Optional.empty();
        }

        @Override
        public @Nullable OutputChunk read() {
            return output.poll();
        }

        @Override
        public void writeStdin(byte[] data, int offset, int length) {}

        @Override
        public void closeStdin() {}

        @Override
        public void resize(int columns, int rows) {}

        @Override
        public void close() {
            ended.countDown();
        }
    }
}
