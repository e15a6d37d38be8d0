package dev.gantry.cli.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import org.jspecify.annotations.Nullable;

/** A stream of JSON objects, one a line. Not for use by several threads. */
public final class Watch implements AutoCloseable {
    private final BufferedReader reader;

    public Watch(InputStream stream) {
        this.reader = new BufferedReader(new InputStreamReader(stream, UTF_8));
    }

    /** Blocks for the next object; null when the server has ended the stream or the connection broke. */
    public @Nullable JsonNode next() {
        try {
            String line = reader.readLine();
            return line == null ? null : ApiClient.MAPPER.readTree(line);
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            // the stream is gone either way
        }
    }
}
