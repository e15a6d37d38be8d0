package dev.gantry.controlplane.resource.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.gantry.common.identity.Keys;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a name of an image means in this cluster, and which nodes hold it. Cluster-scoped. Not safe for use by several threads. */
// the interface asks for a deserializer that makes generic objects of unregistered kinds; this class is one to be
// filled in
@JsonDeserialize(using = JsonDeserializer.None.class)
@Version("v1")
@Group("gantry.dev")
public final class Image implements HasMetadata {
    private static final int READABLE_LENGTH = 40;
    private static final int HASH_LENGTH = 10;

    private String apiVersion = "gantry.dev/v1";
    private String kind = "Image";
    private ObjectMeta metadata = new ObjectMeta();
    private @Nullable ImageSpec spec;
    private @Nullable ImageStatus status;

    /**
     * The name of the object that stands for an image's name: readable, and unique by a hash.
     *
     * @param canonicalName as {@link dev.gantry.common.image.ImageName#toString} writes it
     */
    public static String objectName(String canonicalName) {
        String readable = canonicalName.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        if (readable.length() > READABLE_LENGTH) {
            readable = readable.substring(readable.length() - READABLE_LENGTH);
        }
        readable = readable.replaceAll("^-+|-+$", "");
        return readable + "-" + Keys.sha256(canonicalName.getBytes(UTF_8)).substring(0, HASH_LENGTH);
    }

    @Override
    public String getApiVersion() {
        return apiVersion;
    }

    @Override
    public void setApiVersion(String apiVersion) {
        this.apiVersion = apiVersion;
    }

    @Override
    public String getKind() {
        return kind;
    }

    public void setKind(String kind) {
        this.kind = kind;
    }

    @Override
    public ObjectMeta getMetadata() {
        return metadata;
    }

    @Override
    public void setMetadata(ObjectMeta metadata) {
        this.metadata = metadata;
    }

    /** Null until set. */
    public @Nullable ImageSpec getSpec() {
        return spec;
    }

    public void setSpec(@Nullable ImageSpec spec) {
        this.spec = spec;
    }

    /** Null until the image has been built or pulled. */
    public @Nullable ImageStatus getStatus() {
        return status;
    }

    public void setStatus(@Nullable ImageStatus status) {
        this.status = status;
    }
}
