package dev.gantry.e2e.crash;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Maven module of this checkout with what the build has made of it.
 *
 * @param directory of its pom
 */
record BuiltModule(Path directory) {
    /** What surefire takes for a test by default. */
    private static final Pattern TEST_CLASS = Pattern.compile("Test.*|.*Tests?|.*TestCase");

    /** Every module with Java sources but this one, whose tests run last. */
    static List<BuiltModule> all() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        Path root = requireNonNull(here.getParent(), "the e2e module lies beneath the root of the checkout");
        try (Stream<Path> walk = Files.walk(root, 3)) {
            return walk.filter(path -> path.endsWith("pom.xml"))
                    .map(Path::getParent)
                    .filter(directory ->
                            !directory.equals(here) && Files.isDirectory(directory.resolve("src/main/java")))
                    .sorted()
                    .map(BuiltModule::new)
                    .toList();
        }
    }

    boolean isCompiled() {
        return Files.isDirectory(directory.resolve("target/classes"));
    }

    /** Crash points of its production code. */
    List<DeclaredPoint> declaredPoints() throws IOException {
        List<DeclaredPoint> points = new ArrayList<>();
        for (Path file : classFiles("target/classes")) {
            points.addAll(CrashPointReader.declaredIn(file));
        }
        return points;
    }

    /** Names of its test classes that make the process fail at points. */
    List<String> crashTests() throws IOException {
        List<String> names = new ArrayList<>();
        for (Path file : classFiles("target/test-classes")) {
            String name = CrashPointReader.topLevelClass(file);
            if (!names.contains(name)
                    && TEST_CLASS
                            .matcher(name.substring(name.lastIndexOf('.') + 1))
                            .matches()
                    && CrashPointReader.armsPoints(file)) {
                names.add(name);
            }
        }
        return names;
    }

    /** Whether a test class was run since {@code began}. */
    boolean ran(String testClass, Instant began) throws IOException {
        Path report = directory.resolve("target/surefire-reports/TEST-%s.xml".formatted(testClass));
        return Files.exists(report)
                && !Files.getLastModifiedTime(report).toInstant().isBefore(began);
    }

    /** Where its tests have failed in this build: each JVM that ran some keeps a record of its own. */
    List<FailedAt> failedAt(String build) throws IOException {
        List<FailedAt> failed = new ArrayList<>();
        try (DirectoryStream<Path> records =
                Files.newDirectoryStream(directory.resolve("target"), "crash-points-*.txt")) {
            for (Path record : records) {
                List<String> lines = Files.readAllLines(record);
                if (!lines.isEmpty() && lines.getFirst().equals(build)) {
                    lines.stream().skip(1).map(FailedAt::parse).forEach(failed::add);
                }
            }
        }
        return failed;
    }

    private List<Path> classFiles(String beneath) throws IOException {
        Path classes = directory.resolve(beneath);
        if (!Files.isDirectory(classes)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(classes)) {
            return walk.filter(path -> path.toString().endsWith(".class"))
                    .sorted()
                    .toList();
        }
    }

    /** @param test the test class that had armed the point */
    record FailedAt(String point, String test) {
        static FailedAt parse(String line) {
            int space = line.indexOf(' ');
            return new FailedAt(line.substring(0, space), line.substring(space + 1));
        }
    }
}
