package dev.gantry.agent.network.dns;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;

/**
 * What is known of a question.
 *
 * @param code as in RFC 1035, section 4.1.1
 * @param authority the zone's SOA with a negative answer (RFC 2308), so that resolvers go on to the next search domain
 * @param complete false when the last record is an alias whose target somebody else must look up
 */
record Answer(int code, List<Record> answers, List<Record> authority, List<Record> additional, boolean complete) {
    Answer {
        answers = List.copyOf(requireNonNull(answers, "answers is null"));
        authority = List.copyOf(requireNonNull(authority, "authority is null"));
        additional = List.copyOf(requireNonNull(additional, "additional is null"));
    }

    static Answer of(List<Record> answers) {
        return new Answer(Rcode.NOERROR, answers, List.of(), List.of(), true);
    }

    static Answer of(List<Record> answers, List<Record> additional) {
        return new Answer(Rcode.NOERROR, answers, List.of(), additional, true);
    }

    /** An alias that leads out of the cluster. */
    static Answer alias(Record alias) {
        return new Answer(Rcode.NOERROR, List.of(alias), List.of(), List.of(), false);
    }

    /** The name exists, but has no such records. */
    static Answer noData(Record start) {
        return new Answer(Rcode.NOERROR, List.of(), List.of(start), List.of(), true);
    }

    static Answer noSuchName(Record start) {
        return new Answer(Rcode.NXDOMAIN, List.of(), List.of(start), List.of(), true);
    }

    Answer followedBy(List<Record> more) {
        List<Record> all = new java.util.ArrayList<>(answers);
        all.addAll(more);
        return new Answer(code, all, authority, additional, true);
    }
}
