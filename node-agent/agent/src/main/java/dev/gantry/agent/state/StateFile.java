package dev.gantry.agent.state;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import dev.gantry.agent.state.StateFileException.Reason;
import dev.gantry.common.crash.CrashPoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * One file of state. It begins with a line of text that names its kind, its version, the body's length and checksum (CRC-32C), so that {@code head -1}
 * tells what it is; the body is its owner's, JSON or a protocol buffer.
 *
 * <p>A write makes a new file beside the old one and renames it over: a reader, and an agent that comes back after a crash, sees the one or the other.
 * Files are readable by their owner only. Not safe for concurrent writes to one path.
 */
public final class StateFile {
    /** Whether a write waits for the disk. */
    public enum Durability {
        /** Survives the death of the process, not the host's. For tmpfs, and for what can be found out again. */
        PROCESS_CRASH,
        /** File and directory are synced before the write returns. */
        POWER_LOSS
    }

    /**
     * @param version the one the file was written with
     * @param body never empty of meaning: what {@link StateFile#write} was given
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Contents(int version, byte[] body) {}

    private static final CrashPoint WRITTEN_BESIDE = CrashPoint.of("state.written-beside");
    private static final CrashPoint REPLACED = CrashPoint.of("state.replaced");
    private static final CrashPoint DELETED = CrashPoint.of("state.deleted");

    private static final Pattern HEADER = Pattern.compile("gantry ([a-z-]+) ([0-9]{1,9}) ([0-9]{1,10}) ([0-9a-f]{8})");
    private static final int LONGEST_HEADER = 128;

    private final Path path;
    private final String kind;
    private final int version;
    private final int oldestVersion;

    /**
     * @param kind lower-case words and hyphens: {@code pod}
     * @param version that {@link #write} writes, 1 or more
     * @param oldestVersion that {@link #read} still understands
     */
    public StateFile(Path path, String kind, int version, int oldestVersion) {
        this.path = requireNonNull(path, "path is null");
        this.kind = requireNonNull(kind, "kind is null");
        if (!kind.matches("[a-z-]+") || version < 1 || oldestVersion < 1 || oldestVersion > version) {
            throw new IllegalArgumentException(
                    "State file kind '%s' versions %d to %d are not words and 1 ≤ oldest ≤ newest"
                            .formatted(kind, oldestVersion, version));
        }
        this.version = version;
        this.oldestVersion = oldestVersion;
    }

    public Path path() {
        return path;
    }

    /**
     * The file's content; empty when there is none.
     *
     * @throws StateFileException for a version that this agent doesn't know, and for damage
     */
    public Optional<Contents> read() throws IOException {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        int end = endOfHeader(bytes);
        Matcher header = HEADER.matcher(end < 0 ? "" : new String(bytes, 0, end, US_ASCII));
        if (!header.matches()) {
            throw setAside("does not begin with a header line");
        }
        if (!header.group(1).equals(kind)) {
            throw setAside("is of kind '%s', expected '%s'".formatted(header.group(1), kind));
        }
        int found = Integer.parseInt(header.group(2));
        if (found < oldestVersion || found > version) {
            throw new StateFileException(
                    Reason.UNKNOWN_VERSION,
                    "State file %s has version %d, this agent reads %d to %d: run the agent that wrote it, or remove the file if its state may be lost"
                            .formatted(path, found, oldestVersion, version));
        }
        int start = end + 1;
        long length = Long.parseLong(header.group(3));
        if (bytes.length - start != length) {
            throw setAside("holds %d bytes, expected %d".formatted(bytes.length - start, length));
        }
        if (!checksum(bytes, start, (int) length).equals(header.group(4))) {
            throw setAside("has a wrong checksum");
        }
        byte[] body = new byte[(int) length];
        System.arraycopy(bytes, start, body, 0, body.length);
        return Optional.of(new Contents(found, body));
    }

    /**
     * Replaces the content. Directories are made as needed, for the owner only.
     *
     * @throws IOException (a full disk among others) and the old content stays
     */
    public void write(byte[] body, Durability durability) throws IOException {
        byte[] header = "gantry %s %d %d %s\n"
                .formatted(kind, version, body.length, checksum(body, 0, body.length))
                .getBytes(US_ASCII);
        Path directory = requireNonNull(path.getParent(), "path has no parent");
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Path beside = directory.resolve("." + path.getFileName() + ".new");
        try {
            Files.deleteIfExists(beside);
            writeNew(beside, header, body, durability);
            WRITTEN_BESIDE.reach();
            Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            IOException failure = new IOException(
                    "Can't write state file %s: %s; its old content stays".formatted(path, e.getMessage()), e);
            try {
                Files.deleteIfExists(beside);
            } catch (IOException suppressed) {
                failure.addSuppressed(suppressed);
            }
            throw failure;
        }
        REPLACED.reach();
        if (durability == Durability.POWER_LOSS) {
            syncDirectory(directory);
        }
    }

    /** Deletes the file. Idempotent. */
    public void delete() throws IOException {
        Files.deleteIfExists(path);
        DELETED.reach();
    }

    private static void writeNew(Path file, byte[] header, byte[] body, Durability durability) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file,
                java.util.Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer[] parts = {ByteBuffer.wrap(header), ByteBuffer.wrap(body)};
            while (parts[0].hasRemaining() || parts[1].hasRemaining()) {
                channel.write(parts);
            }
            if (durability == Durability.POWER_LOSS) {
                channel.force(true);
            }
        }
    }

    private static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private StateFileException setAside(String problem) throws IOException {
        Path aside = path.resolveSibling(path.getFileName() + ".corrupt");
        Files.move(path, aside, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        return new StateFileException(
                Reason.CORRUPTED,
                "State file %s %s; it was moved to %s and its state counts as lost".formatted(path, problem, aside));
    }

    private static int endOfHeader(byte[] bytes) {
        for (int i = 0; i < Math.min(bytes.length, LONGEST_HEADER); i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static String checksum(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return "%08x".formatted(crc.getValue());
    }
}
