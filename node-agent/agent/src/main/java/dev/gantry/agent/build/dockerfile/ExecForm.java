package dev.gantry.agent.build.dockerfile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The exec form: a JSON array of strings. Anything else that begins with a bracket is a shell form, as Docker has it. */
final class ExecForm {
    private static final JsonFactory JSON = new JsonFactory();

    private ExecForm() {}

    static Optional<List<String>> parse(String text) {
        if (!text.startsWith("[")) {
            return Optional.empty();
        }
        try (JsonParser parser = JSON.createParser(text)) {
            List<String> words = new ArrayList<>();
            parser.nextToken();
            while (parser.nextToken() == JsonToken.VALUE_STRING) {
                words.add(parser.getText());
            }
            boolean whole = parser.currentToken() == JsonToken.END_ARRAY && parser.nextToken() == null;
            return whole ? Optional.of(words) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
