package dev.gantry.agent.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Archives that mean harm by their headers alone; what they would do to files is the unpacker's test. */
class TarAttackTest {
    @Test
    void aNameOfFourGibibytesIsRefusedUnread() {
        for (char type : new char[] {'L', 'K', 'x', 'g'}) {
            assertThatThrownBy(() -> readAll(new SequenceInputStream(header("evil", type, 4L << 30), zeros())))
                    .isInstanceOf(TarException.class)
                    .hasMessageContaining("4294967296 bytes; the limit is 1048576");
        }
    }

    @Test
    void endlessExtendedHeadersAreRefused() {
        InputStream many = new InputStream() {
            private InputStream current = InputStream.nullInputStream();

            @Override
            public int read() throws IOException {
                int value = current.read();
                if (value < 0) {
                    current =
                            new SequenceInputStream(header("evil", 'L', 512), new ByteArrayInputStream(new byte[512]));
                    value = current.read();
                }
                return value;
            }
        };
        assertThatThrownBy(() -> readAll(many)).hasMessageContaining("the limit is 1048576");
    }

    @Test
    void millionsOfEntriesAreRefusedByName() {
        InputStream many = new InputStream() {
            private int number;
            private InputStream current = InputStream.nullInputStream();

            @Override
            public int read() throws IOException {
                int value = current.read();
                if (value < 0) {
                    current = header("entry-" + number++, '0', 0);
                    value = current.read();
                }
                return value;
            }
        };
        assertThatThrownBy(() -> readAll(many))
                .hasMessage("Archive entry \"entry-1000\" is one too many: the limit is 1000 entries");
    }

    @Test
    void aBombIsRefusedByItsDeclaredSizeAndByTheSum() {
        assertThatThrownBy(() -> readAll(new SequenceInputStream(header("bomb", '0', 6L << 30), zeros())))
                .hasMessageContaining("\"bomb\" goes beyond the limit of 1048576 bytes");
        InputStream two = new SequenceInputStream(
                new SequenceInputStream(header("half", '0', 1 << 20), new ByteArrayInputStream(new byte[1 << 20])),
                header("more", '0', 1));
        assertThatThrownBy(() -> readAll(two)).hasMessageContaining("\"more\" goes beyond the limit");
    }

    @Test
    void sparseFilesAreRefused() {
        assertThatThrownBy(() -> readAll(header("holes", 'S', 0))).hasMessageContaining("\"holes\" is a sparse file");
        byte[] record = "22 GNU.sparse.major=1\n".getBytes(US_ASCII);
        InputStream pax = new SequenceInputStream(
                new SequenceInputStream(
                        header("x", 'x', record.length),
                        new ByteArrayInputStream(java.util.Arrays.copyOf(record, 512))),
                header("holes", '0', 0));
        assertThatThrownBy(() -> readAll(pax)).hasMessageContaining("\"holes\" is a sparse file");
    }

    @Test
    void namesInMessagesCannotForgeLines() {
        assertThatThrownBy(() -> readAll(header("a\nINFO all is well\u0007", 'Z', 0)))
                .hasMessageContaining("a?INFO all is well?")
                .hasMessageContaining("unknown type");
    }

    @Test
    void anArchiveThatIsCutOffIsReported() throws IOException {
        byte[] whole = TarRoundTripTest.write(java.util.List.of(TarEntry.file("f", 0644, 0, 0, 1000, Instant.EPOCH)));
        for (int length : new int[] {1, 511, 513, 1024, 1511, 1535}) {
            assertThatThrownBy(() -> readAll(new ByteArrayInputStream(whole, 0, length)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cut off");
        }
    }

    private static void readAll(InputStream in) throws IOException {
        TarReader reader = new TarReader(in, TarRoundTripTest.LIMITS);
        while (reader.next() != null) {
            reader.content().transferTo(java.io.OutputStream.nullOutputStream());
        }
    }

    private static InputStream header(String name, char type, long size) {
        TarBlock block = new TarBlock();
        block.text(TarBlock.NAME, name.getBytes(US_ASCII));
        block.number(TarBlock.MODE, 0644);
        block.number(TarBlock.LENGTH, size);
        block.type(type);
        block.text(TarBlock.MAGIC, "ustar\0".getBytes(US_ASCII));
        block.seal();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(block.bytes());
        return new ByteArrayInputStream(out.toByteArray());
    }

    private static InputStream zeros() {
        return new InputStream() {
            @Override
            public int read() {
                return 0;
            }
        };
    }
}
