package dev.gantry.controlplane.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.common.websocket.WebSocket;
import com.linecorp.armeria.common.websocket.WebSocketCloseStatus;
import com.linecorp.armeria.common.websocket.WebSocketWriter;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import com.linecorp.armeria.server.websocket.WebSocketService;
import dev.gantry.controlplane.resource.ApiException;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every request but gRPC's: finds the handler, runs it on a virtual thread and turns its answer into Armeria's. It decorates a WebSocketService only
 * so that Armeria prepares the connection of a client that asks for an upgrade; whether it gets one is the handler's decision.
 */
final class RootService extends SimpleDecoratingHttpService {
    private static final Logger log = LoggerFactory.getLogger(RootService.class);

    private final Routes routes;
    private final ExecutorService threads;
    private final ServerLimits limits;
    private final Set<Runnable> open = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    RootService(Routes routes, ExecutorService threads, ServerLimits limits) {
        super(WebSocketService.of((context, in) -> {
            throw new IllegalStateException("upgrades are answered by the handler's own service");
        }));
        this.routes = routes;
        this.threads = threads;
        this.limits = limits;
    }

    @Override
    public HttpResponse serve(ServiceRequestContext context, HttpRequest request) {
        return HttpResponse.of(() -> answer(context, request), threads);
    }

    private HttpResponse answer(ServiceRequestContext context, HttpRequest request) {
        try {
            String method = ArmeriaRequest.methodOf(request);
            Routes.Match match = routes.match(method, context.decodedPath())
                    .orElseThrow(() -> new ApiException(
                            404, "NotFound", "the server could not find the requested resource: " + context.path()));
            if (!originAllowed(request)) {
                throw new ApiException(
                        403, "Forbidden", "a page of another origin may not open streams to this server");
            }
            User user = RequestUser.of(context);
            Request ours = ArmeriaRequest.of(context, request, user, match.parameters());
            return toArmeria(context, request, match.handler().handle(ours));
        } catch (Exception e) {
            return toArmeria(context, request, Failures.toResponse(e));
        }
    }

    private HttpResponse toArmeria(ServiceRequestContext context, HttpRequest request, Response response) {
        return switch (response) {
            case Response.Whole whole -> HttpResponse.of(headers(whole), HttpData.wrap(whole.body()));
            case Response.Streamed streamed -> stream(context, streamed);
            case Response.Upgrade upgrade -> upgrade(context, request, upgrade);
        };
    }

    private static ResponseHeaders headers(Response response) {
        ResponseHeadersBuilder headers = ResponseHeaders.builder(response.status());
        headers.add("x-content-type-options", "nosniff");
        response.headers().forEach(header -> headers.add(header.name(), header.value()));
        return headers.build();
    }

    private HttpResponse stream(ServiceRequestContext context, Response.Streamed streamed) {
        context.clearRequestTimeout();
        HttpResponseWriter writer = HttpResponse.streaming();
        writer.write(headers(streamed));
        Runnable stop = () -> writer.close();
        open.add(stop);
        threads.execute(() -> {
            try {
                streamed.body().writeTo(new ArmeriaStream(writer));
                writer.close();
            } catch (Exception e) {
                log.debug("A stream to {} ended early", context.remoteAddress(), e);
                writer.close(e);
            } finally {
                open.remove(stop);
            }
        });
        return writer;
    }

    private HttpResponse upgrade(ServiceRequestContext context, HttpRequest request, Response.Upgrade upgrade) {
        context.clearRequestTimeout();
        context.setMaxRequestLength(0);
        WebSocketService service = WebSocketService.builder((ctx, in) -> talk(request, in, upgrade))
                // checked above: the library's own check refuses clients that send no Origin of this host
                .allowedOrigins("*")
                .subprotocols(upgrade.subprotocols())
                .maxFramePayloadLength(limits.webSocketFrameBytes())
                .aggregateContinuation(true)
                .build();
        try {
            return service.serve(context, request);
        } catch (Exception e) {
            return toArmeria(context, request, Failures.toResponse(e));
        }
    }

    private WebSocket talk(HttpRequest request, WebSocket in, Response.Upgrade upgrade) {
        WebSocketWriter out = WebSocket.streaming();
        String subprotocol = chosen(request, upgrade.subprotocols());
        ArmeriaWebSocket session = new ArmeriaWebSocket(subprotocol, in, out);
        Runnable stop = () -> out.close(WebSocketCloseStatus.ENDPOINT_UNAVAILABLE);
        open.add(stop);
        threads.execute(() -> {
            try {
                upgrade.handler().handle(session);
                out.close(WebSocketCloseStatus.NORMAL_CLOSURE);
            } catch (Exception e) {
                log.debug("A WebSocket ended early", e);
                out.close(WebSocketCloseStatus.INTERNAL_SERVER_ERROR);
            } finally {
                open.remove(stop);
                session.discardRest();
                // or the server's own end would wait for clients that have not closed
                Runnable cutOff = session::cancel;
                open.add(cutOff);
                var _ = in.whenComplete().whenComplete((done, failure) -> open.remove(cutOff));
                if (stopping) {
                    cutOff.run();
                }
            }
        });
        return out;
    }

    /** As Armeria negotiates: the client's first choice that the server speaks. */
    private static String chosen(HttpRequest request, List<String> spoken) {
        for (String header : request.headers().getAll(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL)) {
            for (String offered : header.split(",", -1)) {
                if (spoken.contains(offered.strip())) {
                    return offered.strip();
                }
            }
        }
        return "";
    }

    /** Command-line clients send no Origin; a browser does, and must come from this very host (cross-site WebSocket hijacking). */
    private static boolean originAllowed(HttpRequest request) {
        @Nullable String origin = request.headers().get(HttpHeaderNames.ORIGIN);
        if (origin == null || !request.headers().contains(HttpHeaderNames.UPGRADE)) {
            return true;
        }
        try {
            @Nullable String authority = request.authority();
            return authority != null
                    && authority.equalsIgnoreCase(URI.create(origin).getAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Ends all streams; their clients see an orderly end. */
    void stopStreams() {
        stopping = true;
        open.forEach(Runnable::run);
    }
}
