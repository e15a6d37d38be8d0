package dev.gantry.controlplane;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** The control plane's process. Ends with 78 (EX_CONFIG) when starting it again could not help. */
public final class Main {
    private static final Logger log = LoggerFactory.getLogger(Main.class);
    private static final int EXIT_CONFIGURATION = 78;

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        ControlPlaneOptions options = new ControlPlaneOptions();
        try {
            new CommandLine(options).parseArgs(arguments);
            ControlPlane controlPlane = ControlPlane.start(options);
            Runtime.getRuntime().addShutdownHook(new Thread(controlPlane::close, "stop"));
            log.info("Serving at {}", options.address());
            Thread.currentThread().join();
        } catch (CommandLine.ParameterException | IllegalArgumentException | IllegalStateException | IOException e) {
            log.error("The control plane cannot start", e);
            System.err.println("gantry: the control plane cannot start: " + e.getMessage());
            System.exit(EXIT_CONFIGURATION);
        }
    }
}
