package dev.gantry.cli.build;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "build", description = "Build an image from a Dockerfile: gantry build -t web:1 .")
public final class BuildCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Parameters(
            paramLabel = "CONTEXT",
            description = "The folder that COPY and ADD see; with --import a tar file of a root file system.")
    private Path context = Path.of(".");

    @Option(
            names = {"-t", "--tag"},
            paramLabel = "NAME",
            description = "Name of the image, such as web:1. May be given several times.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = {"-f", "--file"},
            paramLabel = "DOCKERFILE",
            description = "The Dockerfile; CONTEXT/Dockerfile when not given.")
    private @Nullable Path dockerfile;

    @Option(names = "--build-arg", paramLabel = "NAME=VALUE", description = "Value for an ARG.")
    private Map<String, String> buildArgs = new LinkedHashMap<>();

    @Option(names = "--label", paramLabel = "NAME=VALUE", description = "A label of the image.")
    private Map<String, String> labels = new LinkedHashMap<>();

    @Option(names = "--target", paramLabel = "STAGE", description = "The stage to build; the last when not given.")
    private @Nullable String target;

    @Option(names = "--no-cache", description = "Run every instruction.")
    private boolean noCache;

    @Option(names = "--node", paramLabel = "NODE", description = "Build on this node.")
    private @Nullable String node;

    @Option(names = "--import", description = "Make a base image of one layer from a tar of a root file system.")
    private boolean importRoot;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only the image's digest.")
    private boolean quiet;

    public BuildCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        try (ApiClient client = cluster.connect()) {
            ImageBuild build = new ImageBuild(client);
            BuildProgress progress = new BuildProgress(console, quiet);
            JsonNode result = importRoot
                    ? importTar(build, progress)
                    : new FolderBuild(build, progress).run(context, dockerfile, query(""));
            console.line(quiet ? "%s" : "built %s", result.path("digest").asText());
            if (!quiet) {
                names.forEach(name -> console.line("named %s", name));
            }
        }
        return 0;
    }

    private JsonNode importTar(ImageBuild build, BuildProgress progress) throws IOException {
        if (!Files.isRegularFile(context)) {
            throw new Failure("%s is not a file: --import takes a tar of a root file system".formatted(context));
        }
        return build.run(query("").imported(), out -> Files.copy(context, out), progress::event);
    }

    private ImageBuild.Query query(String file) {
        return new ImageBuild.Query(names, file, buildArgs, labels, target, noCache, node, false);
    }
}
