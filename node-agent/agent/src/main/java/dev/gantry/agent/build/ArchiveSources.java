package dev.gantry.agent.build;

import dev.gantry.agent.image.Compression;
import dev.gantry.agent.image.LayerUnpacker;
import dev.gantry.agent.image.MergedTree;
import dev.gantry.agent.image.MergedTree.Node;
import dev.gantry.agent.image.Workspace;
import dev.gantry.agent.tar.TarException;
import dev.gantry.agent.tar.TarLimits;
import dev.gantry.agent.tar.TarReader;
import dev.gantry.linux.Descriptor;
import dev.gantry.linux.RootedDirectory;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Local archives that ADD unpacks: tar, plain or with gzip or zstd. Each becomes a tree of its own first, from which it is copied like anything else. */
final class ArchiveSources implements AutoCloseable {
    private static final TarLimits LIMITS = new TarLimits(1_000_000, 16L << 30);
    private static final TarLimits FIRST_ENTRY = new TarLimits(1, Long.MAX_VALUE / 2);

    private final Workspace workspace;
    private final List<MergedTree> open = new ArrayList<>();

    ArchiveSources(Workspace workspace) {
        this.workspace = workspace;
    }

    /** The archive's tree; empty when the file is no archive. */
    Optional<MergedTree> open(MergedTree tree, Node file, int line) throws IOException, BuildFailure {
        if (!isArchive(tree, file, line)) {
            return Optional.empty();
        }
        Path directory = workspace.newDirectory();
        try (Descriptor descriptor = tree.open(file);
                InputStream plain = Compression.decompress(descriptor.input());
                RootedDirectory root = RootedDirectory.open(directory, RootedDirectory.Escape.REFUSED)) {
            new LayerUnpacker(root, LayerUnpacker.Kind.FILES, LIMITS).unpack(plain);
        } catch (TarException e) {
            throw new BuildFailure(
                    line, "the archive %s can't be unpacked: %s".formatted(file.path(), e.getMessage()), e);
        }
        MergedTree archive = MergedTree.open(List.of(directory));
        open.add(archive);
        return Optional.of(archive);
    }

    private static boolean isArchive(MergedTree tree, Node file, int line) throws IOException, BuildFailure {
        try (Descriptor descriptor = tree.open(file);
                BufferedInputStream in = new BufferedInputStream(descriptor.input())) {
            in.mark(16);
            byte[] start = in.readNBytes(6);
            in.reset();
            if (startsWith(start, 0xFD, '7', 'z', 'X', 'Z', 0) || startsWith(start, 'B', 'Z', 'h')) {
                throw new BuildFailure(
                        line,
                        "ADD can't unpack %s, which is compressed with xz or bzip2; expected tar, gzip or zstd, or use COPY"
                                .formatted(file.path()));
            }
            try (InputStream plain = Compression.decompress(in)) {
                return new TarReader(plain, FIRST_ENTRY).next() != null;
            }
        } catch (IOException e) {
            if (e instanceof java.io.InterruptedIOException) {
                throw e;
            }
            return false; // neither a header nor a stream of gzip or zstd: an ordinary file
        }
    }

    private static boolean startsWith(byte[] bytes, int... expected) {
        for (int i = 0; i < expected.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xFF) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        open.forEach(MergedTree::close);
    }
}
