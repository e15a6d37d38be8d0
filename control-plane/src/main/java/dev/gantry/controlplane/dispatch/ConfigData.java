package dev.gantry.controlplane.dispatch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

/** The contents of ConfigMaps and Secrets. */
final class ConfigData {
    private ConfigData() {}

    static Map<String, String> text(ConfigMap configMap) {
        return configMap.getData() == null ? Map.of() : configMap.getData();
    }

    static Map<String, byte[]> of(ConfigMap configMap) {
        Map<String, byte[]> data = new TreeMap<>();
        text(configMap).forEach((key, value) -> data.put(key, value.getBytes(UTF_8)));
        if (configMap.getBinaryData() != null) {
            configMap.getBinaryData().forEach((key, value) -> data.put(key, decode(value)));
        }
        return data;
    }

    static Map<String, byte[]> of(Secret secret) {
        Map<String, byte[]> data = new TreeMap<>();
        if (secret.getData() != null) {
            secret.getData().forEach((key, value) -> data.put(key, decode(value)));
        }
        if (secret.getStringData() != null) {
            secret.getStringData().forEach((key, value) -> data.put(key, value.getBytes(UTF_8)));
        }
        return data;
    }

    /** Admission refuses what is no base64; should something have come in otherwise, it is empty rather than fatal to the node's session. */
    private static byte[] decode(String base64) {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }
}
