package dev.gantry.agent.network.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gantry.linux.netlink.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

class QuestionsTest {
    private final Questions questions = questions();

    private static Questions questions() {
        ClusterNames names = new ClusterNames();
        names.configure("cluster.local", "10.244.0.0/16", "10.96.0.0/16");
        try {
            HostResolver nobody = new HostResolver(NetworkNamespace.ofProcess(), Path.of("/nonexistent"), List.of());
            return new Questions(names, nobody, new AnswerCache(System::nanoTime));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Property(tries = 3000)
    void anyBytesGetOneReplyOrNone(@ForAll @Size(max = 300) byte[] request) throws IOException {
        assertSound(request);
    }

    @Property(tries = 3000)
    void aMutatedQuestionGetsOneReplyOrNone(
            @ForAll @IntRange(max = 200) int position, @ForAll byte value, @ForAll @IntRange(max = 80) int cut)
            throws IOException {
        Message query = Message.newQuery(
                Record.newRecord(ClusterNames.absolute("web.default.svc.cluster.local"), Type.A, DClass.IN));
        query.addRecord(new OPTRecord(4096, 0, 0), Section.ADDITIONAL);
        byte[] wire = query.toWire();
        wire[position % wire.length] = value;
        assertSound(Arrays.copyOf(wire, wire.length - cut % wire.length));
    }

    private void assertSound(byte[] request) throws IOException {
        for (boolean stream : new boolean[] {false, true}) {
            List<byte[]> replies = new ArrayList<>();
            questions.answer(
                    request,
                    stream,
                    work -> {
                        work.run();
                        return true;
                    },
                    replies::add);
            assertThat(replies).hasSizeLessThanOrEqualTo(1);
            for (byte[] reply : replies) {
                assertThat(new Message(reply).getHeader().getID())
                        .isEqualTo((request[0] & 0xff) << 8 | request[1] & 0xff);
                assertThat(reply).hasSizeLessThanOrEqualTo(stream ? 65_535 : 1232);
            }
        }
    }
}
