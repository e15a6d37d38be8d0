package dev.gantry.controlplane.http;

import java.util.Optional;

/** Tells who has shown these credentials. Called on every request, on many threads; must not block for long. */
@FunctionalInterface
public interface Authenticator {
    /** Empty when this authenticator does not know the credentials: another one may. */
    Optional<User> authenticate(Credentials credentials);

    /** Asks this one first, then {@code other}. */
    default Authenticator or(Authenticator other) {
        return credentials -> authenticate(credentials).or(() -> other.authenticate(credentials));
    }
}
