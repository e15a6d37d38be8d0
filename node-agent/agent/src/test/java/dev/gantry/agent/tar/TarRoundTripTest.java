package dev.gantry.agent.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gantry.agent.tar.TarEntry.Type;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;

class TarRoundTripTest {
    static final TarLimits LIMITS = new TarLimits(1000, 1 << 20);

    @Property(tries = 300)
    void whatIsWrittenIsRead(@ForAll("entries") List<TarEntry> entries) throws IOException {
        byte[] archive = write(entries);

        assertThat(read(archive)).usingRecursiveComparison().isEqualTo(entries);
        assertThat(write(entries)).isEqualTo(archive);
    }

    @Property(tries = 300)
    void othersReadWhatIsWritten(@ForAll("entries") List<TarEntry> entries) throws IOException {
        try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(write(entries)), "UTF-8")) {
            for (TarEntry entry : entries) {
                TarArchiveEntry other = in.getNextEntry();
                assertThat(other.getName())
                        .isEqualTo(entry.type() == Type.DIRECTORY ? entry.name() + "/" : entry.name());
                assertThat(other.getLinkName()).isEqualTo(entry.linkTarget());
                assertThat(other.getLongUserId()).isEqualTo(entry.uid());
                assertThat(other.getMode()).isEqualTo(entry.mode());
                assertThat(other.getLastModifiedTime().toInstant()).isEqualTo(entry.modified());
                assertThat(in.readAllBytes()).hasSize((int) entry.size());
            }
        }
    }

    @Property(tries = 300)
    void damageIsReportedOrHarmless(@ForAll("entries") List<TarEntry> entries, @ForAll byte value, @ForAll int place)
            throws IOException {
        byte[] archive = write(entries);
        archive[Math.floorMod(place, archive.length)] = value;
        try {
            read(archive);
        } catch (IOException e) {
            assertThat(e.getMessage()).hasSizeLessThan(500).doesNotContain("\n");
        }
    }

    @Test
    void readsGnuLongNames() throws IOException {
        String name = "directory/".repeat(30) + "file";
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TarArchiveOutputStream gnu = new TarArchiveOutputStream(out)) {
            gnu.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
            gnu.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
            TarArchiveEntry entry = new TarArchiveEntry(name);
            entry.setSize(3);
            entry.setUserId(3_000_000_000L);
            gnu.putArchiveEntry(entry);
            gnu.write(new byte[3]);
            gnu.closeArchiveEntry();
        }

        List<TarEntry> entries = read(out.toByteArray());

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.name()).isEqualTo(name);
            assertThat(entry.uid()).isEqualTo(3_000_000_000L);
            assertThat(entry.size()).isEqualTo(3);
        });
    }

    @Test
    void aFileThatChangesWhileItIsArchivedIsReported() {
        TarWriter writer = new TarWriter(new ByteArrayOutputStream());
        TarEntry entry = TarEntry.file("f", 0644, 0, 0, 3, Instant.EPOCH);

        assertThatThrownBy(() -> writer.put(entry, new ByteArrayInputStream(new byte[2])))
                .hasMessageContaining("shorter");
        assertThatThrownBy(() -> writer.put(entry, new ByteArrayInputStream(new byte[4])))
                .hasMessageContaining("longer");
    }

    static byte[] write(List<TarEntry> entries) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TarWriter writer = new TarWriter(out)) {
            for (TarEntry entry : entries) {
                writer.put(entry, new ByteArrayInputStream(new byte[(int) entry.size()]));
            }
        }
        return out.toByteArray();
    }

    static List<TarEntry> read(byte[] archive) throws IOException {
        TarReader reader = new TarReader(new ByteArrayInputStream(archive), LIMITS);
        List<TarEntry> entries = new ArrayList<>();
        for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
            assertThat(reader.content().readAllBytes()).hasSize((int) entry.size());
            entries.add(entry);
        }
        return entries;
    }

    @Provide
    Arbitrary<List<TarEntry>> entries() {
        Arbitrary<String> name = Arbitraries.strings()
                .withChars("ab.-_é漢 ")
                .ofMinLength(1)
                .ofMaxLength(200)
                .list()
                .ofMinSize(1)
                .ofMaxSize(3)
                .map(parts -> String.join("/", parts));
        Arbitrary<Long> id = Arbitraries.longs().between(0, 0xFFFF_FFFEL);
        Arbitrary<Instant> time = Combinators.combine(
                        Arbitraries.longs().between(-1000, (1L << 34) - 1),
                        Arbitraries.integers().between(0, 999_999_999))
                .as(Instant::ofEpochSecond);
        Arbitrary<Map<String, byte[]>> xattrs = Arbitraries.maps(
                        Arbitraries.of("user.a", "security.capability", "user.é"),
                        Arbitraries.bytes().array(byte[].class).ofMaxSize(20))
                .ofMaxSize(3);
        return Combinators.combine(
                        name,
                        Arbitraries.of(Type.values()),
                        Arbitraries.integers().between(0, 07777),
                        id,
                        id,
                        Arbitraries.integers().between(0, 2000),
                        time,
                        xattrs)
                .as((n, type, mode, uid, gid, size, modified, attributes) -> new TarEntry(
                        n,
                        type,
                        mode,
                        uid,
                        gid,
                        type == Type.FILE ? size : 0,
                        modified,
                        type == Type.SYMBOLIC_LINK || type == Type.HARD_LINK ? "../" + n : "",
                        type == Type.CHARACTER_DEVICE || type == Type.BLOCK_DEVICE ? 8 : 0,
                        type == Type.CHARACTER_DEVICE || type == Type.BLOCK_DEVICE ? size : 0,
                        new TreeMap<>(attributes)))
                .list()
                .ofMaxSize(8);
    }
}
