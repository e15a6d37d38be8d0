package dev.gantry.controlplane;

import dev.gantry.common.process.ExitCode;
import dev.gantry.controlplane.store.StoreException;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** The control plane's process. When it can't start, it says why in one line and ends with an {@link ExitCode}. */
public final class Main {
    private static final Logger log = LoggerFactory.getLogger(Main.class);

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        ControlPlaneOptions options = new ControlPlaneOptions();
        try {
            new CommandLine(options).parseArgs(arguments);
            ControlPlane controlPlane = ControlPlane.start(options, Main::restart);
            Runtime.getRuntime().addShutdownHook(new Thread(controlPlane::close, "stop"));
            log.info("Serving at {}", options.address());
        } catch (IOException | RuntimeException | Error e) {
            log.error("The control plane cannot start", e);
            System.err.println("gantry: the control plane cannot start: " + e.getMessage());
            // threads of what was started half may still run: only this ends them all
            System.exit(exitCode(e).number());
        }
        Thread.currentThread().join();
    }

    /** On a thread of its own: the server that stops waits for the answer to whoever asked for it. */
    private static void restart() {
        Thread.ofPlatform().name("restart").start(() -> System.exit(ExitCode.TEMPORARY.number()));
    }

    /** A supervisor starts the control plane again, unless that could not help. */
    static ExitCode exitCode(Throwable failure) {
        return switch (failure) {
            case IOException e -> ExitCode.of(e);
            case StoreException.Misconfigured e -> ExitCode.CONFIGURATION;
            case StoreException e -> ExitCode.TEMPORARY;
            case CommandLine.ParameterException e -> ExitCode.CONFIGURATION;
            case IllegalArgumentException e -> ExitCode.CONFIGURATION;
            // the port is in use, or the store was written by a later version
            case IllegalStateException e -> ExitCode.CONFIGURATION;
            default -> ExitCode.FAULT;
        };
    }
}
