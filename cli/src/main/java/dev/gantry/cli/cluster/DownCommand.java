package dev.gantry.cli.cluster;

import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "down",
        description =
                "Stop the pods and processes of this machine. All state is kept: the next 'up' starts the pods again.")
public final class DownCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Console console;

    @Mixin
    private Directories directories = new Directories();

    @Option(names = "--purge", description = "Also remove all state: images, volumes, objects, certificates.")
    private boolean purge;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    public DownCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        Preflight.requireRoot("down");
        boolean known = ClusterSettings.load(directories.state()).isPresent();
        if (!known && !Files.exists(directories.run())) {
            console.line("nothing is up at %s", directories.state());
            return 0;
        }
        LocalCluster local = new LocalCluster(directories, new Installation(), console);
        local.stopProcesses(PATIENCE);
        local.tearDownNode(false);
        remove(directories.run());
        if (!purge) {
            console.line("down; state is kept in %s", directories.state());
            return 0;
        }
        if (!known) {
            throw new Failure(
                    "%s has no settings of gantry's in it: nothing was removed".formatted(directories.state()));
        }
        remove(directories.state());
        console.line("down; %s is removed", directories.state());
        return 0;
    }

    /** Never follows a link, and stays on one file system: something still mounted beneath is an error, not deleted. */
    private static void remove(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Object device = Files.getAttribute(folder, "unix:dev");
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path inner, BasicFileAttributes attributes) throws IOException {
                if (!Files.getAttribute(inner, "unix:dev").equals(device)) {
                    throw new Failure("%s is still mounted: unmount it, then run 'gantry down' again".formatted(inner));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path inner, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.delete(inner);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
