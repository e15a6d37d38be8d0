package dev.gantry.cli;

import dev.gantry.cli.api.ApiClient;
import dev.gantry.cli.api.Kubeconfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of every verb that talks to a cluster. */
public final class ClusterOptions {
    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "Kubeconfig to use instead of $$KUBECONFIG or the state directory's.")
    private @Nullable Path kubeconfig;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Namespace instead of the context's.")
    private @Nullable String namespace;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    /** The caller closes it. */
    public ApiClient connect() {
        return new ApiClient(Kubeconfig.find(kubeconfig));
    }

    /** Of the option, else of the kubeconfig's context. */
    public String namespace(ApiClient client) {
        return namespace == null ? client.config().namespace() : namespace;
    }

    /** Of the option only. */
    public @Nullable String explicitNamespace() {
        return namespace;
    }
}
