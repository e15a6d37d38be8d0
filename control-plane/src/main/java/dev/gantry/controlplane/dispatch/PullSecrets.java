package dev.gantry.controlplane.dispatch;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.controlplane.resource.Json;
import dev.gantry.wire.node.v1.RegistryLogin;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The logins of a pod's imagePullSecrets: Secrets of the type kubernetes.io/dockerconfigjson in the pod's own namespace. One that is missing or can't be read gives
 * none, as in Kubernetes: the registry's refusal says the rest.
 */
final class PullSecrets {
    private static final Logger LOG = LoggerFactory.getLogger(PullSecrets.class);
    private static final String KEY = ".dockerconfigjson";

    private PullSecrets() {}

    static List<RegistryLogin> logins(Pod pod, Sources sources) {
        List<RegistryLogin> logins = new ArrayList<>();
        List<LocalObjectReference> references = pod.getSpec().getImagePullSecrets();
        for (LocalObjectReference reference : references == null ? List.<LocalObjectReference>of() : references) {
            if (reference.getName() != null) {
                String namespace = pod.getMetadata().getNamespace();
                sources.secret(namespace, reference.getName())
                        .ifPresent(secret -> logins.addAll(logins(namespace, reference.getName(), secret)));
            }
        }
        return logins;
    }

    private static List<RegistryLogin> logins(String namespace, String name, Secret secret) {
        String content = secret.getData() == null ? null : secret.getData().get(KEY);
        List<RegistryLogin> logins = new ArrayList<>();
        if (content == null) {
            return logins;
        }
        try {
            JsonNode root = Json.read(Base64.getDecoder().decode(content), false);
            for (Map.Entry<String, JsonNode> entry : root.path("auths").properties()) {
                login(entry.getKey(), entry.getValue()).ifPresent(logins::add);
            }
        } catch (IOException | IllegalArgumentException e) {
            // without its content: that is a secret
            LOG.info("The secret {}/{} holds no docker configuration under {}", namespace, name, KEY);
        }
        return logins;
    }

    private static Optional<RegistryLogin> login(String server, JsonNode entry) {
        String user = entry.path("username").asText("");
        String password = entry.path("password").asText("");
        String both = entry.path("auth").asText("");
        if (user.isEmpty() && !both.isEmpty()) {
            String plain = new String(Base64.getDecoder().decode(both), UTF_8);
            int colon = plain.indexOf(':');
            if (colon < 0) {
                return Optional.empty();
            }
            user = plain.substring(0, colon);
            password = plain.substring(colon + 1);
        }
        return user.isEmpty()
                ? Optional.empty()
                : Optional.of(RegistryLogin.newBuilder()
                        .setRegistry(registry(server))
                        .setUser(user)
                        .setPassword(password)
                        .build());
    }

    /** Clients write it as a URL, too. */
    private static String registry(String server) {
        return server.replaceFirst("^https?://", "").split("/", 2)[0];
    }
}
