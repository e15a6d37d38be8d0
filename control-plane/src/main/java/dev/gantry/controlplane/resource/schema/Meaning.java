package dev.gantry.controlplane.resource.schema;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;

/**
 * What an object of a model class says, whatever way it was written: without nulls, empty lists and whatever else the class leaves out, and with amounts as
 * plain numbers, so that {@code 1000m} is {@code 1}. Two objects that mean the same have equal trees. Safe for use by many threads.
 */
public final class Meaning {
    private static final ObjectMapper PLAIN = new ObjectMapper().addMixIn(Quantity.class, AsPlainAmount.class);

    private Meaning() {}

    /** @param model an instance of a model class, or of a part of one */
    public static JsonNode of(Object model) {
        return PLAIN.valueToTree(model);
    }

    /** In place of the annotation that the class has, which goes before a mapper's own serializers. */
    @JsonSerialize(using = PlainAmount.class)
    private abstract static class AsPlainAmount {}

    private static final class PlainAmount extends JsonSerializer<Quantity> {
        @Override
        public void serialize(Quantity quantity, JsonGenerator json, SerializerProvider serializers)
                throws IOException {
            json.writeString(plain(quantity));
        }

        private static String plain(Quantity quantity) {
            try {
                return quantity.getNumericalAmount().stripTrailingZeros().toPlainString();
            } catch (IllegalArgumentException e) {
                return quantity.toString(); // no amount: it means no more than its letters
            }
        }
    }
}
