package dev.gantry.common.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.util.Base64;

/** A user's name and password at a registry. Never printed. */
public record Login(String user, String password) {
    public Login {
        requireNonNull(user, "user is null");
        requireNonNull(password, "password is null");
    }

    /** The value of a header (RFC 7617). */
    String basic() {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
    }

    @Override
    public String toString() {
        return "Login[" + user + "]";
    }
}
