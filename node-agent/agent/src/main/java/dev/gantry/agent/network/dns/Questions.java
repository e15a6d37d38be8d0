package dev.gantry.agent.network.dns;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * From a request's bytes to a reply's (RFC 1035, RFC 6891). What the cluster or the cache knows is answered at once; for the rest the caller is told that
 * it must wait. Whatever the bytes are, the outcome is a reply or silence.
 */
final class Questions {
    private static final Logger log = LoggerFactory.getLogger(Questions.class);
    private static final int CLASSIC_SIZE = 512;
    private static final int OUR_SIZE = 1232;
    private static final int LARGEST_MESSAGE = 65_535;

    private final ClusterNames names;
    private final HostResolver resolver;
    private final AnswerCache cache;

    Questions(ClusterNames names, HostResolver resolver, AnswerCache cache) {
        this.names = requireNonNull(names, "names is null");
        this.resolver = requireNonNull(resolver, "resolver is null");
        this.cache = requireNonNull(cache, "cache is null");
    }

    /** Runs the work elsewhere, or not at all when there is too much of it. */
    interface Waiting {
        /** @return whether it will be run */
        boolean accept(Runnable work);
    }

    /**
     * @param stream whether it came over TCP: then no size limits the reply
     * @param reply takes the reply, if there is one, on this thread or on that of {@code waiting}
     */
    void answer(byte[] request, boolean stream, Waiting waiting, Consumer<byte[]> reply) {
        Optional<Message> query = parse(request, reply);
        if (query.isEmpty()) {
            return;
        }
        Message message = query.get();
        int size = stream ? LARGEST_MESSAGE : replySize(message.getOPT());
        Optional<Integer> refusal = refusal(message);
        if (refusal.isPresent()) {
            reply.accept(wire(message, failure(refusal.get()), false, size));
            return;
        }
        Record question = requireNonNull(message.getQuestion(), "question is null");
        Optional<Answer> ours = names.find(question.getName(), question.getType());
        Optional<Answer> known = ours.isPresent() ? ours : cache.find(question);
        if (known.isPresent() && known.get().complete()) {
            reply.accept(wire(message, known.get(), ours.isPresent(), size));
            return;
        }
        boolean accepted = waiting.accept(() -> {
            Answer answer = known.isPresent() ? follow(known.get(), question.getType()) : outside(question);
            reply.accept(wire(message, answer, known.isPresent(), size));
        });
        if (!accepted) {
            reply.accept(wire(message, failure(Rcode.SERVFAIL), false, size));
        }
    }

    private static Optional<Message> parse(byte[] request, Consumer<byte[]> reply) {
        Header header;
        try {
            header = new Header(request);
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
        if (header.getFlag(Flags.QR)) {
            return Optional.empty(); // an answer is never answered: two servers would go on for ever
        }
        try {
            return Optional.of(new Message(request));
        } catch (IOException | RuntimeException e) {
            Message malformed = new Message(header.getID());
            malformed.getHeader().setFlag(Flags.QR);
            malformed.getHeader().setRcode(Rcode.FORMERR);
            reply.accept(malformed.toWire());
            return Optional.empty();
        }
    }

    private static Optional<Integer> refusal(Message query) {
        OPTRecord options = query.getOPT();
        if (query.getHeader().getOpcode() != Opcode.QUERY) {
            return Optional.of(Rcode.NOTIMP);
        }
        if (query.getSection(Section.QUESTION).size() != 1) {
            return Optional.of(Rcode.FORMERR);
        }
        if (options != null && options.getVersion() > 0) {
            return Optional.of(Rcode.BADVERS);
        }
        Record question = query.getSection(Section.QUESTION).getFirst();
        boolean transfer = question.getType() == Type.AXFR || question.getType() == Type.IXFR;
        return transfer || question.getDClass() != DClass.IN ? Optional.of(Rcode.REFUSED) : Optional.empty();
    }

    private static int replySize(@Nullable OPTRecord options) {
        return options == null ? CLASSIC_SIZE : Math.max(CLASSIC_SIZE, Math.min(OUR_SIZE, options.getPayloadSize()));
    }

    private Answer outside(Record question) {
        try {
            return cache.keep(question, resolver.ask(Message.newQuery(question)));
        } catch (IOException e) {
            log.debug("{} could not be looked up outside the cluster", question.getName(), e);
            return failure(Rcode.SERVFAIL);
        }
    }

    /** The addresses of an alias that leads out of the cluster. */
    private Answer follow(Answer alias, int type) {
        Name target = ((org.xbill.DNS.CNAMERecord) alias.answers().getLast()).getTarget();
        Record question = Record.newRecord(target, type, DClass.IN);
        Answer outside = cache.find(question).orElseGet(() -> outside(question));
        return alias.followedBy(outside.answers());
    }

    private static Answer failure(int code) {
        return new Answer(code, List.of(), List.of(), List.of(), true);
    }

    /**
     * A reply of at most this size. Additional records are left out first; then the reply says that it is cut, and holds as many answers as fit, for there are
     * clients that don't ask again over TCP.
     */
    private static byte[] wire(Message query, Answer answer, boolean authoritative, int size) {
        byte[] whole = reply(query, answer, authoritative).toWire();
        if (whole.length <= size) {
            return whole;
        }
        List<Record> answers = answer.answers();
        Answer bare = new Answer(answer.code(), answers, answer.authority(), List.of(), true);
        byte[] cut = reply(query, bare, authoritative).toWire();
        for (int count = answers.size(); cut.length > size && count > 0; ) {
            count = Math.min(count - 1, (int) ((long) count * size / cut.length));
            Message part = reply(
                    query,
                    new Answer(answer.code(), answers.subList(0, count), List.of(), List.of(), true),
                    authoritative);
            part.getHeader().setFlag(Flags.TC);
            cut = part.toWire();
        }
        return cut.length <= size ? cut : reply(query, answer, authoritative).toWire(size);
    }

    private static Message reply(Message query, Answer answer, boolean authoritative) {
        Message reply = new Message(query.getHeader().getID());
        reply.getHeader().setFlag(Flags.QR);
        reply.getHeader().setFlag(Flags.RA);
        if (authoritative) {
            reply.getHeader().setFlag(Flags.AA);
        }
        if (query.getHeader().getFlag(Flags.RD)) {
            reply.getHeader().setFlag(Flags.RD);
        }
        reply.getHeader().setOpcode(query.getHeader().getOpcode());
        reply.getHeader().setRcode(answer.code() & 0xf);
        query.getSection(Section.QUESTION).forEach(record -> reply.addRecord(record, Section.QUESTION));
        answer.answers().forEach(record -> reply.addRecord(record, Section.ANSWER));
        answer.authority().forEach(record -> reply.addRecord(record, Section.AUTHORITY));
        answer.additional().forEach(record -> reply.addRecord(record, Section.ADDITIONAL));
        if (query.getOPT() != null) {
            reply.addRecord(new OPTRecord(OUR_SIZE, answer.code() >> 4, 0), Section.ADDITIONAL);
        }
        return reply;
    }
}
