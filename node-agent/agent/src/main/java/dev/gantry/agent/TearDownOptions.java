package dev.gantry.agent;

import picocli.CommandLine.Option;

/** The command line of {@code tear-down}. */
final class TearDownOptions extends HostOptions {
    @Option(
            names = "--forget-cluster",
            description = "Also forget the cluster and its pods, so that this host can join another. Images are kept.")
    boolean forgetCluster;

    @Option(
            names = "--grace",
            defaultValue = "10",
            paramLabel = "SECONDS",
            description = "Between the stop signal and the kill.")
    int graceSeconds;
}
