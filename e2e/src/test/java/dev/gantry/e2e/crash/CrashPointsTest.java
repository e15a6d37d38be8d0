package dev.gantry.e2e.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gantry.e2e.crash.BuiltModule.FailedAt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Every crash point in the code has a test that fails there, and docs/crash-points.md lists both. With {@code -Dgantry.docs=write} the page is written
 * instead of compared.
 */
class CrashPointsTest {
    private static final Path PAGE = Path.of("../docs/crash-points.md");
    private static final String TABLE = "| point | declared in | tests that fail there |\n| --- | --- | --- |\n";
    private static final String BUILD = System.getProperty("gantry.build", "");

    @Test
    void everyPointIsFailedAtByATest() throws IOException {
        List<BuiltModule> modules = BuiltModule.all();
        assumeWholeBuild(modules);
        List<DeclaredPoint> points = declared(modules);
        Map<String, TreeSet<String>> tests = new TreeMap<>();
        for (BuiltModule module : modules) {
            for (FailedAt failed : module.failedAt(BUILD)) {
                tests.computeIfAbsent(failed.point(), point -> new TreeSet<>()).add(failed.test());
            }
        }
        assertThat(points)
                .as("crash points at which no test of this build has failed")
                .allSatisfy(point -> assertThat(tests).containsKey(point.name()));
        String table = table(points, tests);
        if (System.getProperty("gantry.docs", "").equals("write")) {
            Files.writeString(PAGE, beforeTable() + table);
        }
        assertThat(Files.readString(PAGE))
                .as("docs/crash-points.md; write it with: ./build -Dgantry.docs=write verify")
                .isEqualTo(beforeTable() + table);
    }

    @Test
    void thePageListsEveryPointOnceAndNoOther() throws IOException {
        List<BuiltModule> modules = BuiltModule.all();
        for (BuiltModule module : modules) {
            assumeTrue(module.isCompiled(), "a part of the reactor only: %s is not compiled".formatted(module));
        }
        List<String> listed = Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.substring(3, line.indexOf('`', 3)))
                .toList();
        assertThat(declared(modules))
                .extracting(DeclaredPoint::name)
                .doesNotHaveDuplicates()
                .isEqualTo(listed);
    }

    /** Tests that arm points and were not run say nothing about these. */
    private static void assumeWholeBuild(List<BuiltModule> modules) throws IOException {
        assumeTrue(!BUILD.isEmpty(), "not run by Maven: what other modules' tests did is not known");
        assumeTrue(isRoot(), "not root: tests that need root were skipped, and the points they fail at");
        Instant began = Instant.parse(BUILD);
        for (BuiltModule module : modules) {
            assumeTrue(module.isCompiled(), "a part of the reactor only: %s is not compiled".formatted(module));
            for (String test : module.crashTests()) {
                assumeTrue(
                        module.ran(test, began),
                        "a part of the tests only: %s was not run in this build".formatted(test));
            }
        }
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    private static List<DeclaredPoint> declared(List<BuiltModule> modules) throws IOException {
        List<DeclaredPoint> points = new ArrayList<>();
        for (BuiltModule module : modules) {
            points.addAll(module.declaredPoints());
        }
        points.sort(Comparator.comparing(DeclaredPoint::name));
        return points;
    }

    private static String beforeTable() throws IOException {
        String page = Files.readString(PAGE);
        return page.substring(0, page.indexOf(TABLE));
    }

    private static String table(List<DeclaredPoint> points, Map<String, TreeSet<String>> tests) {
        StringBuilder table = new StringBuilder(TABLE);
        for (DeclaredPoint point : points) {
            table.append("| `%s` | %s | %s |\n"
                    .formatted(
                            point.name(),
                            simpleName(point.declaredIn()),
                            String.join(
                                    ", ",
                                    tests.getOrDefault(point.name(), new TreeSet<>()).stream()
                                            .map(CrashPointsTest::simpleName)
                                            .toList())));
        }
        return table.toString();
    }

    private static String simpleName(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }
}
