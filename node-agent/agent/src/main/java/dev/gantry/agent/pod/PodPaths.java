package dev.gantry.agent.pod;

import java.nio.file.Path;

/**
 * Where what belongs to pods lies on this host.
 *
 * <pre>
 *   STATE/pods/&lt;uid&gt;/          copies that survive a reboot
 *   STATE/volumes/&lt;uid&gt;/       disk volumes
 *   STATE/layers/&lt;uid&gt;/        writable layers
 *   STATE/etc/&lt;uid&gt;/           hosts, hostname, resolv.conf, and last words of containers
 *   STATE/logs/pods/&lt;uid&gt;/&lt;container&gt;/&lt;attempt&gt;.log
 *   RUN/pods/&lt;uid&gt;/            assignment, files and progress, before they are acknowledged
 *   RUN/volumes/&lt;uid&gt;/         secrets and memory volumes
 * </pre>
 */
record PodPaths(Path state, Path run) {
    Path runPods() {
        return run.resolve("pods");
    }

    Path diskPods() {
        return state.resolve("pods");
    }

    Path layers(String uid) {
        return state.resolve("layers").resolve(uid);
    }

    Path layer(String uid, String container, int attempt) {
        return layers(uid).resolve(container).resolve(Integer.toString(attempt));
    }

    Path etc(String uid) {
        return state.resolve("etc").resolve(uid);
    }

    Path lastWords(String uid, String container, int attempt) {
        return etc(uid).resolve("last-words").resolve(container + "-" + attempt);
    }

    Path logs(String uid) {
        return state.resolve("logs").resolve("pods").resolve(uid);
    }

    Path logs(String uid, String container) {
        return logs(uid).resolve(container);
    }

    Path log(String uid, String container, int attempt) {
        return logs(uid, container).resolve(attempt + ".log");
    }
}
