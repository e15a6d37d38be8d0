package dev.gantry.cli.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Discovery;
import dev.gantry.cli.api.Resource;
import dev.gantry.cli.build.BuildProgress;
import dev.gantry.cli.build.FolderBuild;
import dev.gantry.cli.build.ImageBuild;
import dev.gantry.cli.cluster.UpCommand;
import dev.gantry.cli.manifest.ApplyCommand;
import dev.gantry.cli.manifest.Manifests;
import dev.gantry.cli.rollout.RolloutWait;
import dev.gantry.common.image.ImageName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "quickstart",
        description = "From nothing to two services that roll to a new version under load, on this machine.")
public final class QuickstartCommand implements Callable<Integer> {
    static final String NAMESPACE = "quickstart";
    private static final Duration ROLLOUT = Duration.ofSeconds(120);

    private final Console console;
    private int step;

    @Mixin
    private UpCommand.Options up = new UpCommand.Options();

    public QuickstartCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        long began = System.nanoTime();
        Path home = Path.of(System.getProperty("gantry.home", "."));
        Path example = home.resolve("examples").resolve("quickstart");
        step("base images from Debian packages, and a cluster");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            BaseImages images = new BaseImages(home.resolve("base-images"), home.resolve("cache"));
            Future<Path> debian = executor.submit(() -> images.make("debian", "--include", "nginx"));
            Future<Path> busybox = executor.submit(() -> images.make("busybox"));
            UpCommand.start(up, console);
            try (ApiClient client = up.connect()) {
                run(client, example, debian.get(), busybox.get());
                conclude(client, (System.nanoTime() - began) / 1_000_000_000L);
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Failure failure ? failure : new Failure(String.valueOf(e.getCause()), e);
        }
        return 0;
    }

    private void run(ApiClient client, Path example, Path debian, Path busybox)
            throws IOException, InterruptedException {
        importBase(client, "quickstart/debian:nginx", debian);
        importBase(client, "quickstart/busybox", busybox);
        step("two versions of two images from Dockerfiles");
        for (String app : List.of("web", "hello")) {
            for (String version : List.of("1", "2")) {
                build(client, example.resolve(app), "quickstart/" + app + ":" + version, Map.of("VERSION", version));
            }
        }
        build(client, example.resolve("load"), "quickstart/load", Map.of());
        step("manifests applied in namespace \"%s\"".formatted(NAMESPACE));
        apply(client, example.resolve("manifests"));
        Resource deployments = new Discovery(client).byName("deployments");
        for (String app : List.of("web", "hello", "load")) {
            RolloutWait.await(client, deployments, NAMESPACE, app, ROLLOUT, s -> console.note("      %s: %s", app, s));
        }
        step("both roll from version 1 to 2 at once, under load from a pod and from the host");
        rollBoth(client, example.resolve("load").resolve("load.pl"));
    }

    private void rollBoth(ApiClient client, Path script) throws InterruptedException {
        Map<String, String> slowPaths = new TreeMap<>(Map.of("web", "/slow", "hello", "/cgi-bin/slow"));
        Map<String, Future<List<LoadReport>>> rolls = new TreeMap<>();
        List<String> problems = new ArrayList<>();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            slowPaths.forEach(
                    (app, slowPath) -> rolls.put(app, executor.submit(() -> roll(client, app, slowPath, script))));
            for (Map.Entry<String, Future<List<LoadReport>>> roll : rolls.entrySet()) {
                try {
                    tell(roll.getKey(), roll.getValue().get());
                } catch (ExecutionException e) {
                    problems.add(
                            e.getCause() instanceof Failure failure
                                    ? failure.getMessage()
                                    : String.valueOf(e.getCause()));
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new Failure(String.join("\ngantry: ", problems));
        }
    }

    private List<LoadReport> roll(ApiClient client, String app, String slowPath, Path script)
            throws IOException, InterruptedException {
        String address = client.get("/api/v1/namespaces/%s/services/%s".formatted(NAMESPACE, app))
                .at("/spec/clusterIP")
                .asText();
        String loadPod = client.get("/api/v1/namespaces/%s/pods?labelSelector=app%%3Dload".formatted(NAMESPACE))
                .at("/items/0/metadata/name")
                .asText();
        return new Roll(client, NAMESPACE, app)
                .run(
                        new Load.Target(address, 80, app, slowPath),
                        script,
                        loadPod,
                        s -> console.note("      %s: %s", app, s));
    }

    private void tell(String app, List<LoadReport> reports) {
        for (LoadReport report : reports) {
            console.line(
                    "      %s from the %-4s  %d requests, %.0f a second, %d failed; versions seen: %s",
                    app,
                    report.source(),
                    report.requests(),
                    report.rate(),
                    report.failed(),
                    report.json().path("count"));
        }
    }

    /** A second name, that of the archive, says what the image was made from: the same archive is not sent again. */
    private void importBase(ApiClient client, String name, Path tar) throws IOException {
        String source = "quickstart/imported:%s-%x"
                .formatted(
                        tar.getFileName().toString().replace(".tar", ""),
                        Files.getLastModifiedTime(tar).toMillis() ^ Files.size(tar));
        if (isHeld(client, name, source)) {
            console.line("      base image %s is there", name);
            return;
        }
        new ImageBuild(client)
                .run(ImageBuild.Query.named(name, source).imported(), out -> Files.copy(tar, out), e -> {});
        console.line("      base image %s", name);
    }

    /** Whether both names mean one image that a node holds. */
    private static boolean isHeld(ApiClient client, String name, String source) {
        Map<String, String> held = new HashMap<>();
        for (JsonNode image : client.get("/apis/gantry.dev/v1/images").path("items")) {
            if (!image.at("/status/nodes").isEmpty()) {
                held.put(
                        image.at("/spec/name").asText(),
                        image.at("/status/digest").asText());
            }
        }
        String digest = held.get(ImageName.parse(name).toString());
        return digest != null && digest.equals(held.get(ImageName.parse(source).toString()));
    }

    private void build(ApiClient client, Path folder, String name, Map<String, String> arguments) throws IOException {
        JsonNode result = new FolderBuild(new ImageBuild(client), new BuildProgress(console, !console.terminal()))
                .run(folder, null, query(name, arguments));
        console.line("      built %s %s", name, result.path("digest").asText().substring(0, 19));
    }

    private static ImageBuild.Query query(String name, Map<String, String> arguments) {
        return new ImageBuild.Query(List.of(name), "Dockerfile", arguments, Map.of(), null, false, null, false);
    }

    private void apply(ApiClient client, Path folder) {
        List<String> files = new ArrayList<>();
        for (String file : List.of("namespace", "web", "hello", "load")) {
            files.add(folder.resolve(file + ".yaml").toString());
        }
        List<String> problems = new ApplyCommand.Applier(client, new Discovery(client), null, false)
                .applyAll(Manifests.read(files, console.in()), s -> console.line("      %s", s));
        if (!problems.isEmpty()) {
            throw new Failure(String.join("\ngantry: ", problems));
        }
    }

    private void conclude(ApiClient client, long seconds) {
        console.line("");
        console.line("All of it worked, in %d s. Where things are:", seconds);
        for (JsonNode service : client.get("/api/v1/namespaces/%s/services".formatted(NAMESPACE))
                .path("items")) {
            console.line(
                    "  http://%s/  %s",
                    service.at("/spec/clusterIP").asText(),
                    service.at("/metadata/name").asText());
        }
        console.line("  kubeconfig  %s", up.directories().kubeconfig());
        console.line("What to try next:");
        console.line("  gantry get all -n %s", NAMESPACE);
        console.line("  gantry rollout undo deployment/web -n %s", NAMESPACE);
        console.line("  gantry exec -it deployment/hello -n %s -- sh", NAMESPACE);
        console.line("  gantry delete namespace %s; gantry down", NAMESPACE);
    }

    private void step(String what) {
        step++;
        console.line("[%d/4] %s", step, what);
    }
}
