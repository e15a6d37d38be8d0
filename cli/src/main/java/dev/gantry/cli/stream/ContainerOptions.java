package dev.gantry.cli.stream;

import dev.gantry.cli.ClusterOptions;
import dev.gantry.cli.api.ApiClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which container of which cluster a stream goes to: options of exec, attach and logs. */
final class ContainerOptions {
    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Option(
            names = {"-c", "--container"},
            paramLabel = "NAME",
            description = "The container, when the pod has several.")
    private @Nullable String container;

    /** The caller closes it. */
    ApiClient connect() {
        return cluster.connect();
    }

    /** @param typed as {@link PodTarget#resolve} takes it */
    PodTarget pod(ApiClient client, String typed) {
        return PodTarget.resolve(client, cluster.namespace(client), typed);
    }

    /** Null when none was named. */
    @Nullable
    String container() {
        return container;
    }
}
