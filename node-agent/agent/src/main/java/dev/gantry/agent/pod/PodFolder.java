package dev.gantry.agent.pod;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.gantry.agent.state.StateFile;
import dev.gantry.agent.state.StateFile.Durability;
import dev.gantry.wire.node.v1.Assignment;
import dev.gantry.wire.node.v1.PodFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The state files of one pod in one directory. Not safe for concurrent writes. */
final class PodFolder {
    private static final int VERSION = 1;
    private static final String FILES_PREFIX = "files-";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path directory;
    private final Durability durability;

    PodFolder(Path directory, Durability durability) {
        this.directory = directory;
        this.durability = durability;
    }

    void writeAssignment(Assignment assignment, boolean partial) throws IOException {
        byte[] body = new byte[assignment.getSerializedSize() + 1];
        body[0] = (byte) (partial ? 1 : 0);
        System.arraycopy(assignment.toByteArray(), 0, body, 1, body.length - 1);
        file("assignment", "pod-assignment").write(body, durability);
    }

    void writeRecord(PodRecord record) throws IOException {
        file("record", "pod-record").write(JSON.writeValueAsBytes(record), durability);
    }

    void writeFiles(PodFiles files) throws IOException {
        file(FILES_PREFIX + files.getVolume(), "pod-files").write(files.toByteArray(), durability);
    }

    /** Empty when there is no assignment: what else there may be belongs to nothing. */
    Optional<StoredPod> read() throws IOException {
        Optional<StateFile.Contents> assignment =
                file("assignment", "pod-assignment").read();
        if (assignment.isEmpty()) {
            return Optional.empty();
        }
        byte[] body = assignment.get().body();
        Assignment parsed = parse(Assignment.parser(), body, 1);
        @Nullable PodRecord record = null;
        Optional<StateFile.Contents> stored = file("record", "pod-record").read();
        if (stored.isPresent()) {
            record = JSON.readValue(stored.get().body(), PodRecord.class);
        }
        return Optional.of(
                new StoredPod(parsed, body[0] == 1, record == null ? PodRecord.begun(0) : record, readFiles()));
    }

    private Map<String, PodFiles> readFiles() throws IOException {
        Map<String, PodFiles> files = new HashMap<>();
        for (String name : names()) {
            if (name.startsWith(FILES_PREFIX) && !name.endsWith(".corrupt")) {
                Optional<StateFile.Contents> contents = file(name, "pod-files").read();
                if (contents.isPresent()) {
                    PodFiles parsed = parse(PodFiles.parser(), contents.get().body(), 0);
                    files.put(parsed.getVolume(), parsed);
                }
            }
        }
        return files;
    }

    /** The assignment goes first: without it, an agent that dies in between finds nothing to take up. */
    void delete() throws IOException {
        file("assignment", "pod-assignment").delete();
        for (String name : names()) {
            Files.deleteIfExists(directory.resolve(name));
        }
        Files.deleteIfExists(directory);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(path -> path.getFileName().toString()).toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private StateFile file(String name, String kind) {
        return new StateFile(directory.resolve(name), kind, VERSION, VERSION);
    }

    private static <T extends Message> T parse(Parser<T> parser, byte[] body, int from) throws IOException {
        return parser.parseFrom(body, from, body.length - from);
    }
}
