package dev.gantry.cli.quickstart;

import dev.gantry.cli.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** Root file systems for base images, made from Debian packages by the scripts of {@code deploy/base-images}, and kept beside the build. */
final class BaseImages {
    private final Path scripts;
    private final Path cache;

    BaseImages(Path scripts, Path cache) {
        this.scripts = scripts;
        this.cache = cache;
    }

    /**
     * A tar of the root file system.
     *
     * @param script busybox or debian
     * @param arguments of the script; another cached file for each
     */
    Path make(String script, String... arguments) throws IOException, InterruptedException {
        String key = Integer.toHexString(
                java.util.Objects.hash(script, List.of(arguments), Files.readString(scripts.resolve(script))));
        Path tar = cache.resolve(script + "-" + key + ".tar");
        if (Files.exists(tar)) {
            return tar;
        }
        Files.createDirectories(cache);
        Path part = cache.resolve(script + "-" + key + ".part");
        Path log = cache.resolve(script + ".log");
        List<String> command = new ArrayList<>(List.of(scripts.resolve(script).toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(part.toFile())
                .redirectError(log.toFile())
                .start();
        int code = process.waitFor();
        if (code != 0) {
            Files.deleteIfExists(part);
            List<String> lines = Files.readAllLines(log);
            throw new Failure("the base image \"%s\" could not be made (exit code %d); %s ends with:\n%s"
                    .formatted(
                            script,
                            code,
                            log,
                            String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size()))));
        }
        Files.move(part, tar, StandardCopyOption.ATOMIC_MOVE);
        return tar;
    }
}
