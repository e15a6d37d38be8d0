package dev.gantry.controlplane.resource.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/** The wanted part of an {@link Image}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class ImageSpec {
    private @Nullable String name;

    /** The full name with its tag, such as {@code web:1}. */
    public @Nullable String getName() {
        return name;
    }

    public void setName(@Nullable String name) {
        this.name = name;
    }
}
