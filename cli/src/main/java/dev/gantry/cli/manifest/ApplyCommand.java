package dev.gantry.cli.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.Console;
import dev.gantry.cli.Failure;
import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.ApiFailure;
import dev.gantry.cli.api.Discovery;
import dev.gantry.cli.api.Resource;
import dev.gantry.common.spelling.Spelling;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "apply", description = "Bring the cluster to what manifests declare.")
public final class ApplyCommand implements Callable<Integer> {
    static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String QUERY = "fieldManager=gantry-apply&fieldValidation=Strict";

    private final Console console;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Option(
            names = {"-f", "--filename"},
            required = true,
            paramLabel = "FILE",
            description = "File, folder, or - for standard input. May be given several times.")
    private List<String> files = new ArrayList<>();

    @Option(names = "--dry-run", description = "Let the server check everything and change nothing.")
    private boolean dryRun;

    public ApplyCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        List<Manifest> manifests = Manifests.read(files, console.in());
        try (ApiClient client = cluster.connect()) {
            List<String> problems = new Applier(client, new Discovery(client), cluster.explicitNamespace(), dryRun)
                    .applyAll(manifests, console::line);
            if (!problems.isEmpty()) {
                throw new Failure(String.join("\ngantry: ", problems));
            }
        }
        return 0;
    }

    /** Applies manifests one after the other; one that fails doesn't stop the others. */
    public static final class Applier {
        private final ApiClient client;
        private final Discovery discovery;
        private final @Nullable String namespace;
        private final boolean dryRun;

        public Applier(ApiClient client, Discovery discovery, @Nullable String namespace, boolean dryRun) {
            this.client = client;
            this.discovery = discovery;
            this.namespace = namespace;
            this.dryRun = dryRun;
        }

        /**
         * @param told a line for each object
         * @return the problems, each with its place
         */
        public List<String> applyAll(List<Manifest> manifests, java.util.function.Consumer<String> told) {
            List<String> problems = new ArrayList<>();
            // a folder's files come by name: what lies in a namespace must not come before it
            List<Manifest> ordered = new ArrayList<>(manifests);
            ordered.sort(java.util.Comparator.comparing(m -> !m.kind().equals("Namespace")));
            for (Manifest manifest : ordered) {
                try {
                    told.accept(apply(manifest));
                } catch (ApiFailure e) {
                    problems.add(String.valueOf(manifest.refused(e).getMessage()));
                } catch (Failure e) {
                    problems.add(String.valueOf(e.getMessage()));
                }
            }
            return problems;
        }

        private String apply(Manifest manifest) {
            Resource resource = resource(manifest);
            String target = targetNamespace(manifest, resource);
            ObjectNode wanted = manifest.object().deepCopy();
            wanted.remove("status");
            if (target != null) {
                wanted.withObject("metadata").put("namespace", target);
            }
            String suffix = dryRun ? " (dry run)" : "";
            String title = resource.qualifiedKind() + "/" + manifest.name();
            ObjectNode live = find(resource, target, manifest.name());
            annotate(wanted);
            if (live == null) {
                client.post(resource.path(target) + query(), wanted);
                return title + " created" + suffix;
            }
            ObjectNode patch = ThreeWayPatch.between(lastApplied(live), wanted, live);
            if (onlyTheAnnotation(patch)) {
                return title + " unchanged" + suffix;
            }
            client.patch(
                    resource.path(target, manifest.name()) + query(),
                    resource.group().contains(".") && !resource.group().endsWith(".k8s.io")
                            ? ApiClient.MERGE_PATCH
                            : ApiClient.STRATEGIC_PATCH,
                    patch);
            return title + " configured" + suffix;
        }

        private Resource resource(Manifest manifest) {
            return discovery.byKind(manifest.apiVersion(), manifest.kind()).orElseThrow(() -> {
                List<String> kinds = discovery.kinds(manifest.apiVersion());
                if (kinds.isEmpty()) {
                    return manifest.problem(
                            "apiVersion",
                            "no apiVersion \"%s\" is served; there are: %s"
                                    .formatted(manifest.apiVersion(), String.join(", ", discovery.apiVersions())));
                }
                String near = Spelling.nearest(manifest.kind(), kinds)
                        .map(": did you mean \"%s\"?"::formatted)
                        .orElse(". It has: " + String.join(", ", kinds));
                return manifest.problem(
                        "kind", "no kind \"%s\" in %s%s".formatted(manifest.kind(), manifest.apiVersion(), near));
            });
        }

        private @Nullable String targetNamespace(Manifest manifest, Resource resource) {
            if (!resource.namespaced()) {
                return null;
            }
            String own = manifest.namespace();
            if (namespace != null && !own.isEmpty() && !own.equals(namespace)) {
                throw manifest.problem(
                        "metadata.namespace",
                        "the manifest is for namespace \"%s\", the command line for \"%s\"".formatted(own, namespace));
            }
            return !own.isEmpty()
                    ? own
                    : namespace != null ? namespace : client.config().namespace();
        }

        private @Nullable ObjectNode find(Resource resource, @Nullable String target, String name) {
            try {
                return (ObjectNode) client.get(resource.path(target, name));
            } catch (ApiFailure e) {
                if (e.notFound()) {
                    return null;
                }
                throw e;
            }
        }

        private String query() {
            return "?" + QUERY + (dryRun ? "&dryRun=All" : "");
        }

        private static void annotate(ObjectNode wanted) {
            ObjectNode copy = wanted.deepCopy();
            JsonNode annotations = copy.at("/metadata/annotations");
            if (annotations instanceof ObjectNode object) {
                object.remove(LAST_APPLIED);
            }
            wanted.withObject("metadata").withObject("annotations").put(LAST_APPLIED, copy + "\n");
        }

        private static @Nullable ObjectNode lastApplied(ObjectNode live) {
            JsonNode text = live.at("/metadata/annotations").path(LAST_APPLIED);
            try {
                return text.isTextual() && MAPPER.readTree(text.asText()) instanceof ObjectNode object ? object : null;
            } catch (JsonProcessingException e) {
                return null; // somebody else's annotation: as if never applied
            }
        }

        private static boolean onlyTheAnnotation(ObjectNode patch) {
            ObjectNode rest = patch.deepCopy();
            if (rest.at("/metadata/annotations") instanceof ObjectNode annotations) {
                annotations.remove(LAST_APPLIED);
                if (annotations.isEmpty()) {
                    ((ObjectNode) rest.path("metadata")).remove("annotations");
                }
            }
            if (rest.path("metadata").isObject() && rest.path("metadata").isEmpty()) {
                rest.remove("metadata");
            }
            return rest.isEmpty();
        }
    }
}
