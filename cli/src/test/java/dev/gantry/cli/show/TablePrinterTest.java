package dev.gantry.cli.show;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class TablePrinterTest {
    private static final String COLUMNS = """
            "columnDefinitions":[{"name":"Name"},{"name":"Ready"},{"name":"Node","priority":1}],""";

    @Test
    void columnsOfLowerPriorityAreForWideOnly() throws IOException {
        JsonNode table = table("{" + COLUMNS + "\"rows\":[{\"cells\":[\"web-1\",\"1/1\",null]}]}");
        assertThat(new TablePrinter(false, false).print(table, "")).isEqualTo("NAME    READY\nweb-1   1/1\n");
        assertThat(new TablePrinter(true, false).print(table, ""))
                .isEqualTo("NAME    READY   NODE\nweb-1   1/1     <none>\n");
    }

    @Test
    void laterRowsOfAWatchLineUpAndHaveNoHeadings() throws IOException {
        TablePrinter printer = new TablePrinter(false, true);
        String row =
                "\"rows\":[{\"cells\":[\"web-1\",\"1/1\"],\"object\":{\"metadata\":{\"namespace\":\"default\"}}}]}";
        assertThat(printer.print(table("{" + COLUMNS + row), "")).startsWith("NAMESPACE   NAME    READY\n");
        assertThat(printer.print(table("{\"columnDefinitions\":null," + row), ""))
                .isEqualTo("default     web-1   1/1\n");
    }

    private static JsonNode table(String json) throws IOException {
        return new ObjectMapper().readTree(json);
    }
}
