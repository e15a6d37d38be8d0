package dev.gantry.cli.show;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.yaml.YamlException;
import dev.gantry.common.yaml.YamlParser;
import java.io.IOException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class YamlPrinterTest {
    @Test
    void readsAsAPersonWouldWriteIt() throws IOException {
        JsonNode json = new ObjectMapper().readTree("""
                {"a":{"b":[{"c":1,"d":"x"},{"e":[]}],"f":"true","g":"line 1\\nline 2\\n"},"h":{},"i":"10.0.0.1","j":"a: b"}""");
        assertThat(YamlPrinter.print(json)).isEqualTo("""
                a:
                  b:
                  - c: 1
                    d: x
                  - e: []
                  f: "true"
                  g: |
                    line 1
                    line 2
                h: {}
                i: "10.0.0.1"
                j: "a: b"
                """);
    }

    @Property(tries = 1000)
    void everyStringSurvives(@ForAll String key, @ForAll String value) throws YamlException {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("k" + key, value).putArray("list").add(value);
        assertThat(YamlParser.parse(YamlPrinter.print(object)).getFirst().root())
                .isEqualTo(object);
    }
}
