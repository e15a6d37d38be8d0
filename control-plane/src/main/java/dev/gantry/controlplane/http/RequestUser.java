package dev.gantry.controlplane.http;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.netty.util.AttributeKey;
import java.util.Objects;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** The user of the request that the current thread serves; for gRPC services, whose methods get no {@link Request}. */
public final class RequestUser {
    private static final AttributeKey<User> USER = AttributeKey.valueOf(RequestUser.class, "USER");

    private RequestUser() {}

    /**
     * Valid on the thread that a gRPC method or a callback of its stream observer was called on.
     *
     * @throws IllegalStateException outside of a request
     */
    public static User current() {
        return of(ServiceRequestContext.current());
    }

    /** The client's TLS session, under the same condition; null without one. */
    public static @Nullable SSLSession currentSession() {
        return ServiceRequestContext.current().sslSession();
    }

    static User of(ServiceRequestContext context) {
        return Objects.requireNonNullElse(context.attr(USER), User.ANONYMOUS);
    }

    static void set(ServiceRequestContext context, User user) {
        context.setAttr(USER, user);
    }
}
