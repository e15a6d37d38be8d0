package dev.gantry.controlplane.resource.protobuf;

import static dev.gantry.controlplane.resource.protobuf.Encoded.written;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedOutputStream;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bodies made to break the reader: each is refused with a reason, and none takes time or memory out of proportion. */
@Timeout(30)
final class ProtobufAttackTest {
    private static final byte[] POD = Encoded.body("v1", "Pod", Encoded.full("core/v1.Pod"));

    @Test
    void refusesABodyCutOffAnywhereInTheObject() throws ProtobufException {
        ProtobufBody.read(POD);
        int beforeObject = Encoded.body("v1", "Pod", new byte[0]).length - 2;
        for (int length = 0; length < POD.length; length += length < beforeObject ? 1 : 7) {
            if (length == beforeObject) {
                continue; // a whole body of an empty object
            }
            byte[] cut = Arrays.copyOf(POD, length);
            assertThatThrownBy(() -> ProtobufBody.read(cut))
                    .as("%d of %d bytes", cut.length, POD.length)
                    .isInstanceOf(ProtobufException.class);
        }
    }

    @Property(tries = 2000)
    void refusesOrReadsAnyBytes(@ForAll @Size(max = 200) byte[] bytes) {
        readOrRefuse(Encoded.body("v1", "Pod", bytes));
        readOrRefuse(bytes);
    }

    @Property(tries = 2000)
    void refusesOrReadsABodyWithOneByteChanged(@ForAll int position, @ForAll byte value) {
        byte[] changed = POD.clone();
        changed[Math.floorMod(position, changed.length)] = value;
        readOrRefuse(changed);
    }

    private static void readOrRefuse(byte[] body) {
        try {
            assertThat(ProtobufBody.read(body)).isNotNull();
        } catch (ProtobufException e) {
            assertThat(e).hasMessageContaining("protobuf");
        }
    }

    @Test
    void refusesWrongWireTypes() {
        assertRefused(out -> out.writeInt64(1, 5), "wire type 0, expected 2");
        assertRefused(out -> out.writeByteArray(2, written(spec -> spec.writeString(4, "soon"))), "wire type 2");
        assertRefused(out -> out.writeFixed64(1, 5), "wire type 1");
    }

    @Test
    void refusesLengthsThatAreNone() {
        assertRefused(
                out -> {
                    out.writeTag(1, 2);
                    out.writeUInt32NoTag(Integer.MAX_VALUE);
                },
                "protobuf");
        assertRefused(
                out -> {
                    out.writeTag(1, 2);
                    out.writeUInt64NoTag(-1);
                },
                "protobuf");
    }

    @Test
    void refusesGroupsHoweverDeep() {
        assertRefused(ProtobufAttackTest::writeGroups, "group");
        assertThatThrownBy(() -> ProtobufBody.read(written(out -> {
                    out.writeRawBytes("k8s\0".getBytes(UTF_8));
                    writeGroups(out);
                })))
                .isInstanceOf(ProtobufException.class);
    }

    private static void writeGroups(CodedOutputStream out) throws java.io.IOException {
        for (int depth = 0; depth < 1_000_000; depth++) {
            out.writeTag(99, 3);
        }
    }

    @Test
    void refusesManyMoreValuesThanBytesSuggest() {
        assertRefused(
                out -> out.writeByteArray(2, written(spec -> {
                    for (int i = 0; i < 1_000_000; i++) {
                        spec.writeByteArray(2, new byte[0]);
                    }
                })),
                "more than");
        assertRefused(
                out -> {
                    for (int i = 0; i < 1_000_000; i++) {
                        out.writeBool(1000 + i, true);
                    }
                },
                "more than");
    }

    @Test
    void refusesJsonNestedBeyondWhatJsonBodiesMay() {
        byte[] deep = ("[".repeat(100_000) + "]".repeat(100_000)).getBytes(UTF_8);
        byte[] message = written(out -> out.writeByteArray(
                1,
                written(metadata -> metadata.writeByteArray(
                        17,
                        written(managed ->
                                managed.writeByteArray(7, written(fields -> fields.writeByteArray(1, deep))))))));
        assertThatThrownBy(() -> ProtobufBody.read(Encoded.body("v1", "Pod", message)))
                .isInstanceOf(ProtobufException.class)
                .hasMessageContaining("JSON");
    }

    @Test
    void refusesTextThatIsNoUtf8AndTimesThatAreNone() {
        assertRefused(
                out -> out.writeByteArray(
                        1, written(metadata -> metadata.writeByteArray(1, new byte[] {(byte) 0xc3, 0x28}))),
                "UTF-8");
        assertRefused(
                out -> out.writeByteArray(
                        1,
                        written(metadata ->
                                metadata.writeByteArray(8, written(time -> time.writeInt64(1, Long.MAX_VALUE))))),
                "no time");
    }

    private static void assertRefused(Encoded.Fields fields, String why) {
        byte[] body = Encoded.body("v1", "Pod", written(fields));
        assertThatThrownBy(() -> ProtobufBody.read(body))
                .isInstanceOf(ProtobufException.class)
                .hasMessageContaining(why);
    }
}
