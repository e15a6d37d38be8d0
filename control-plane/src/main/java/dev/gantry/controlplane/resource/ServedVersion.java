package dev.gantry.controlplane.resource;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.schema.ModelSchema;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One version in which a kind is served.
 *
 * @param group the API group of this version; usually the kind's
 * @param version such as {@code v1}
 * @param schema what fields there are; null for any
 * @param toStored turns a tree of this version into the stored one; may modify its argument
 * @param fromStored the reverse; may modify its argument
 */
public record ServedVersion(
        String group,
        String version,
        @Nullable ModelSchema schema,
        UnaryOperator<ObjectNode> toStored,
        UnaryOperator<ObjectNode> fromStored) {
    public ServedVersion {
        requireNonNull(group, "group is null");
        requireNonNull(version, "version is null");
        requireNonNull(toStored, "toStored is null");
        requireNonNull(fromStored, "fromStored is null");
    }

    /** The version that is stored, which needs no conversion. */
    public static ServedVersion stored(String group, String version, @Nullable ModelSchema schema) {
        return new ServedVersion(group, version, schema, UnaryOperator.identity(), UnaryOperator.identity());
    }

    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }
}
