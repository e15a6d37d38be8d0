package dev.gantry.controlplane.http;

import dev.gantry.controlplane.resource.ApiException;

/** Decides whether a user may do something. Safe for use by many threads; must not block for long. */
@FunctionalInterface
public interface Authorizer {
    boolean allows(User user, AccessRequest request);

    /**
     * As {@link #allows}, for routes that only administrators have.
     *
     * @param what the objects, in words
     * @throws ApiException 403 when the user may not
     */
    default void require(User user, AccessRequest request, String what) {
        if (!allows(user, request)) {
            throw new ApiException(
                    403,
                    "Forbidden",
                    "%s may not %s %s; an administrator may".formatted(user.name(), request.verb(), what));
        }
    }
}
