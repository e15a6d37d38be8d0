package dev.gantry.controlplane.http;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Which handler answers which method and path. A pattern's segments are literal, {@code {name}} for any one segment, or a last {@code **} for
 * whatever follows; the first match in order of registration wins. May be added to while serving.
 */
public final class Routes {
    private final List<Route> routes = new CopyOnWriteArrayList<>();

    /**
     * @param method in capitals, or {@code *}
     * @param pattern such as {@code /builds/{name}/log} or {@code /apis/**}
     */
    public Routes add(String method, String pattern, Handler handler) {
        requireNonNull(method, "method is null");
        requireNonNull(handler, "handler is null");
        if (!pattern.startsWith("/")) {
            throw new IllegalArgumentException("a pattern must begin with a slash: " + pattern);
        }
        routes.add(new Route(method, segments(pattern), handler));
        return this;
    }

    public Routes get(String pattern, Handler handler) {
        return add("GET", pattern, handler);
    }

    public Routes post(String pattern, Handler handler) {
        return add("POST", pattern, handler);
    }

    Optional<Match> match(String method, String path) {
        String[] segments = segments(path);
        for (Route route : routes) {
            if (route.method().equals("*") || route.method().equals(method)) {
                Optional<Map<String, String>> parameters = route.match(segments);
                if (parameters.isPresent()) {
                    return Optional.of(new Match(route.handler(), parameters.get()));
                }
            }
        }
        return Optional.empty();
    }

    private static String[] segments(String path) {
        return path.substring(1).split("/", -1);
    }

    record Match(Handler handler, Map<String, String> parameters) {}

    private record Route(String method, String[] pattern, Handler handler) {
        Optional<Map<String, String>> match(String[] path) {
            boolean open = pattern[pattern.length - 1].equals("**");
            int fixed = open ? pattern.length - 1 : pattern.length;
            if (open ? path.length < fixed : path.length != fixed) {
                return Optional.empty();
            }
            Map<String, String> parameters = new HashMap<>();
            for (int i = 0; i < fixed; i++) {
                if (pattern[i].startsWith("{") && pattern[i].endsWith("}")) {
                    parameters.put(pattern[i].substring(1, pattern[i].length() - 1), path[i]);
                } else if (!pattern[i].equals(path[i])) {
                    return Optional.empty();
                }
            }
            return Optional.of(parameters);
        }
    }
}
