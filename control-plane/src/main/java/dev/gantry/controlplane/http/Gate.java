package dev.gantry.controlplane.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.DecoratingHttpServiceFunction;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.gantry.controlplane.resource.ApiException;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Lets a request in only when it is known who asks, or its path is open to all; and a gRPC call only when that user may make it. */
final class Gate implements DecoratingHttpServiceFunction {
    private static final String BEARER = "bearer ";

    private final Authenticator authenticator;
    private final Authorizer authorizer;
    private final Set<String> openPaths;
    private final Map<String, Function<ApiException, byte[]>> refusalBodies;

    Gate(
            Authenticator authenticator,
            Authorizer authorizer,
            Set<String> openPaths,
            Map<String, Function<ApiException, byte[]>> refusalBodies) {
        this.authenticator = authenticator;
        this.authorizer = authorizer;
        this.openPaths = Set.copyOf(openPaths);
        this.refusalBodies = Map.copyOf(refusalBodies);
    }

    @Override
    public HttpResponse serve(HttpService next, ServiceRequestContext context, HttpRequest request) throws Exception {
        Credentials credentials = credentials(context, request);
        Optional<User> user = credentials.isEmpty() ? Optional.empty() : authenticator.authenticate(credentials);
        boolean isOpen = openPaths.contains(context.path());
        if (user.isEmpty() && !isOpen) {
            return refuse(
                    context,
                    new ApiException(
                            401, "Unauthorized", "show a client certificate of this cluster, or a valid bearer token"));
        }
        RequestUser.set(context, user.orElse(User.ANONYMOUS));
        if (user.isPresent() && isGrpc(request) && !isOpen) {
            AccessRequest call = AccessRequest.ofPath("call", context.path());
            if (!authorizer.allows(user.get(), call)) {
                return refuse(
                        context,
                        new ApiException(
                                403,
                                "Forbidden",
                                "%s may not call %s".formatted(user.get().name(), context.path())));
            }
        }
        return next.serve(context, request);
    }

    private HttpResponse refuse(ServiceRequestContext context, ApiException refusal) {
        byte[] body = refusalBodies.entrySet().stream()
                .filter(entry -> context.path().startsWith(entry.getKey()))
                .findFirst()
                .map(entry -> entry.getValue().apply(refusal))
                .orElseGet(() -> StatusBody.of(refusal));
        return HttpResponse.of(HttpStatus.valueOf(refusal.code()), MediaType.JSON, HttpData.wrap(body));
    }

    private static boolean isGrpc(HttpRequest request) {
        @Nullable MediaType type = request.contentType();
        return type != null && type.subtype().startsWith("grpc");
    }

    private static Credentials credentials(ServiceRequestContext context, HttpRequest request) {
        @Nullable String authorization = request.headers().get(HttpHeaderNames.AUTHORIZATION);
        @Nullable String token = null;
        if (authorization != null
                && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
                && authorization.length() > BEARER.length()) {
            token = authorization.substring(BEARER.length()).strip();
        }
        return new Credentials(certificate(context), token);
    }

    private static @Nullable X509Certificate certificate(ServiceRequestContext context) {
        @Nullable SSLSession session = context.sslSession();
        if (session == null) {
            return null;
        }
        try {
            return session.getPeerCertificates()[0] instanceof X509Certificate certificate ? certificate : null;
        } catch (SSLPeerUnverifiedException e) {
            return null; // the client showed none
        }
    }
}
