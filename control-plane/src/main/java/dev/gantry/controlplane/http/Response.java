package dev.gantry.controlplane.http;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** An answer: whole, streamed, or an upgrade to WebSocket. Immutable. */
public sealed interface Response {
    /** @param name in any case */
    record Header(String name, String value) {
        public Header {
            requireNonNull(name, "name is null");
            requireNonNull(value, "value is null");
        }
    }

    int status();

    List<Header> headers();

    Response withHeader(String name, String value);

    /** @param body shared, never to be modified */
    record Whole(int status, List<Header> headers, byte[] body) implements Response {
        @Override
        public Whole withHeader(String name, String value) {
            return new Whole(status, plus(headers, name, value), body);
        }
    }

    record Streamed(int status, List<Header> headers, StreamBody body) implements Response {
        @Override
        public Streamed withHeader(String name, String value) {
            return new Streamed(status, plus(headers, name, value), body);
        }
    }

    /** @param subprotocols those the server speaks; the client's first choice among them is taken */
    record Upgrade(List<Header> headers, List<String> subprotocols, WebSocketHandler handler) implements Response {
        @Override
        public int status() {
            return 101;
        }

        @Override
        public Upgrade withHeader(String name, String value) {
            return new Upgrade(plus(headers, name, value), subprotocols, handler);
        }
    }

    static Whole of(int status, String contentType, byte[] body) {
        return new Whole(status, List.of(new Header("content-type", contentType)), body);
    }

    static Whole json(int status, byte[] body) {
        return of(status, "application/json", body);
    }

    static Whole text(int status, String text) {
        return of(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    static Streamed stream(int status, String contentType, StreamBody body) {
        return new Streamed(status, List.of(new Header("content-type", contentType)), body);
    }

    static Upgrade webSocket(List<String> subprotocols, WebSocketHandler handler) {
        return new Upgrade(List.of(), List.copyOf(subprotocols), handler);
    }

    private static List<Header> plus(List<Header> headers, String name, String value) {
        List<Header> all = new ArrayList<>(headers);
        all.add(new Header(name, value));
        return List.copyOf(all);
    }
}
