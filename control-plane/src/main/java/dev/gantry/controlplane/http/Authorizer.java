package dev.gantry.controlplane.http;

/** Decides whether a user may do something. Safe for use by many threads; must not block for long. */
@FunctionalInterface
public interface Authorizer {
    boolean allows(User user, AccessRequest request);
}
