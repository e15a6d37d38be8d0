package dev.gantry.controlplane.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.QueryParams;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.gantry.controlplane.resource.ApiException;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request as Armeria has it. */
record ArmeriaRequest(
        ServiceRequestContext context,
        HttpRequest request,
        User user,
        Map<String, String> parameters,
        QueryParams query)
        implements Request {
    static ArmeriaRequest of(
            ServiceRequestContext context, HttpRequest request, User user, Map<String, String> parameters) {
        return new ArmeriaRequest(context, request, user, parameters, QueryParams.fromQueryString(context.query()));
    }

    @Override
    public String method() {
        return methodOf(request);
    }

    static String methodOf(HttpRequest request) {
        String method = request.method().name();
        return method.equals("HEAD") ? "GET" : method;
    }

    @Override
    public boolean headersOnly() {
        return request.method() == HttpMethod.HEAD;
    }

    @Override
    public String path() {
        return context.decodedPath();
    }

    @Override
    public String pathParameter(String name) {
        String value = parameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the route has no parameter " + name);
        }
        return value;
    }

    @Override
    public Optional<String> query(String name) {
        return Optional.ofNullable(query.get(name));
    }

    @Override
    public List<String> queryAll(String name) {
        return query.getAll(name);
    }

    @Override
    public Map<String, List<String>> queries() {
        Map<String, List<String>> all = new LinkedHashMap<>();
        query.names().forEach(name -> all.put(name, query.getAll(name)));
        return all;
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(request.headers().get(name));
    }

    @Override
    public List<String> headers(String name) {
        return request.headers().getAll(name);
    }

    @Override
    public boolean wantsWebSocket() {
        @Nullable String upgrade = request.headers().get(HttpHeaderNames.UPGRADE);
        return "websocket".equalsIgnoreCase(upgrade);
    }

    @Override
    public InputStream body() {
        return new PatientBody(context, bytes());
    }

    private InputStream bytes() {
        return request.toInputStream(part -> part instanceof HttpData data ? data : HttpData.empty());
    }

    @Override
    public byte[] readBody(int limit) throws IOException {
        try (InputStream in = bytes()) {
            byte[] bytes = in.readNBytes(limit + 1);
            if (bytes.length > limit) {
                throw new ApiException(
                        413, "RequestEntityTooLarge", "the body is longer than the %d bytes allowed".formatted(limit));
            }
            return bytes;
        }
    }
}
