package dev.gantry.controlplane.resource.admission;

import static dev.gantry.controlplane.resource.admission.Trees.child;
import static dev.gantry.controlplane.resource.admission.Trees.setDefault;
import static dev.gantry.controlplane.resource.admission.Trees.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.KindRules;
import dev.gantry.controlplane.resource.Problems;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/** ConfigMaps and Secrets: keys that become file names, values up to 1 MiB, and immutable ones. */
public final class DataRules implements KindRules {
    private static final int MAXIMUM_BYTES = 1024 * 1024;

    private final boolean secret;

    /** @param secret whether the values are Base64 and {@code stringData} is plain */
    public DataRules(boolean secret) {
        this.secret = secret;
    }

    @Override
    public boolean hasGeneration() {
        return false;
    }

    @Override
    public void applyDefaults(ObjectNode object) {
        if (!secret) {
            return;
        }
        setDefault(object, "type", "Opaque");
        if (object.remove("stringData") instanceof ObjectNode plain) {
            ObjectNode data = child(object, "data");
            plain.properties()
                    .forEach(entry -> data.put(
                            entry.getKey(),
                            Base64.getEncoder()
                                    .encodeToString(entry.getValue().asText().getBytes(StandardCharsets.UTF_8))));
        }
    }

    @Override
    public void validate(ObjectNode object, Problems problems) {
        long total = 0;
        for (String field : List.of("data", "binaryData")) {
            for (var entry : object.path(field).properties()) {
                if (!Names.isDataKey(entry.getKey())) {
                    problems.invalid(
                            field,
                            entry.getKey(),
                            "a key has at most 253 letters, digits, '-', '_' or '.', and is not '.' or '..'");
                }
                total += size(entry.getValue(), field, entry.getKey(), problems);
            }
        }
        for (var entry : object.path("binaryData").properties()) {
            if (object.path("data").has(entry.getKey())) {
                problems.invalid("data", entry.getKey(), "the key is in both data and binaryData");
            }
        }
        if (total > MAXIMUM_BYTES) {
            problems.add(
                    "FieldValueTooLong", "data", "Too long: may not be more than %d bytes".formatted(MAXIMUM_BYTES));
        }
    }

    private long size(JsonNode value, String field, String key, Problems problems) {
        if (!secret && field.equals("data")) {
            return value.asText().length();
        }
        try {
            return Base64.getDecoder().decode(value.asText()).length;
        } catch (IllegalArgumentException e) {
            problems.invalid(
                    field + "[" + key + "]",
                    // never the value: it may be a secret
                    "(hidden)",
                    secret ? "must be Base64; plain text belongs into stringData" : "must be Base64");
            return 0;
        }
    }

    @Override
    public void validateUpdate(ObjectNode old, ObjectNode updated, Problems problems) {
        if (secret && !text(old, "type").equals(text(updated, "type"))) {
            problems.invalid("type", text(updated, "type"), "field is immutable");
        }
        if (old.path("immutable").asBoolean(false)) {
            for (String field : List.of("data", "binaryData", "immutable")) {
                if (!old.path(field).equals(updated.path(field))) {
                    problems.forbidden(field, "field is immutable when `immutable` is set");
                }
            }
        }
    }
}
