package dev.gantry.e2e.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every capability in docs/capabilities.md has a test, and the test is there and runs. */
class CapabilitiesTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*Test)(?:\\.(\\w+))?`");
    private static final String ANNOTATIONS =
            "@(?:Test|ParameterizedTest|Property|TestFactory|RepeatedTest|ArchTest)\\b";

    @Test
    void everyRowNamesATestThatIsThere() throws IOException {
        Map<String, String> sources = testSources();
        List<String> problems = new ArrayList<>();
        for (String row : rows()) {
            Matcher named = NAMED.matcher(row);
            boolean any = false;
            while (named.find()) {
                any = true;
                problem(sources.get(named.group(1)), named.group(1), named.group(2))
                        .forEach(problem -> problems.add("%s: %s".formatted(row, problem)));
            }
            if (!any) {
                problems.add("%s: names no test".formatted(row));
            }
        }
        assertThat(problems).isEmpty();
    }

    private static Stream<String> problem(
            @org.jspecify.annotations.Nullable String source,
            String className,
            @org.jspecify.annotations.Nullable String method) {
        if (source == null) {
            return Stream.of("there is no test class " + className);
        }
        String name = method == null ? "\\w+" : Pattern.quote(method);
        boolean runs = Pattern.compile(ANNOTATIONS + "[^;]*?\\b(?:void|boolean|ArchRule)\\s+" + name + "\\b")
                .matcher(source)
                .find();
        return runs || method == null && source.contains(" extends ")
                ? Stream.empty()
                : Stream.of("%s has no test %s".formatted(className, method == null ? "at all" : method));
    }

    private static List<String> rows() throws IOException {
        List<String> rows = Files.readAllLines(ROOT.resolve("docs/capabilities.md")).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| capability") && !line.startsWith("| ---"))
                .toList();
        assertThat(rows).hasSizeGreaterThan(50);
        return rows;
    }

    /** Test classes of the whole checkout, by their simple names. */
    private static Map<String, String> testSources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> walk = Files.walk(ROOT)) {
            for (Path path : walk.filter(path -> path.toString().contains("/src/test/java/")
                            && path.toString().endsWith("Test.java"))
                    .toList()) {
                String name = path.getFileName().toString().replace(".java", "");
                sources.merge(name, Files.readString(path), String::concat);
            }
        }
        return sources;
    }
}
