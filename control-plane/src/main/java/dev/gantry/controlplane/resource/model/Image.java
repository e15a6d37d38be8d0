package dev.gantry.controlplane.resource.model;

import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/** What a name of an image means in this cluster, and which nodes hold it. Cluster-scoped. Not safe for use by several threads. */
// the interface asks for a deserializer that makes generic objects of unregistered kinds; this class is one to be
// filled in
@JsonDeserialize(using = JsonDeserializer.None.class)
@Version("v1")
@Group("gantry.dev")
public final class Image implements HasMetadata {
    private String apiVersion = "gantry.dev/v1";
    private String kind = "Image";
    private ObjectMeta metadata = new ObjectMeta();
    private @Nullable ImageSpec spec;
    private @Nullable ImageStatus status;

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
