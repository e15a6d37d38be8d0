package dev.gantry.agent.network.dns;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * A few answers from outside the cluster, by question, the ones used longest ago given up first. Kept for their own time to live, at most
 * {@value #LONGEST} s, and given out with what is left of it. Safe for use by many threads.
 */
final class AnswerCache {
    private static final int CAPACITY = 2_048;
    private static final long LONGEST = 30;

    private final LongSupplier nanoTime;
    private final Map<Key, Kept> entries = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Kept> eldest) {
            return size() > CAPACITY;
        }
    };

    AnswerCache(LongSupplier nanoTime) {
        this.nanoTime = requireNonNull(nanoTime, "nanoTime is null");
    }

    private record Key(String name, int type) {
        static Key of(Record question) {
            return new Key(question.getName().toString().toLowerCase(Locale.ROOT), question.getType());
        }
    }

    private record Kept(Answer answer, long storedAt, long seconds) {}

    Optional<Answer> find(Record question) {
        Kept entry;
        synchronized (entries) {
            entry = entries.get(Key.of(question));
        }
        if (entry == null) {
            return Optional.empty();
        }
        long age = TimeUnit.NANOSECONDS.toSeconds(nanoTime.getAsLong() - entry.storedAt());
        return age >= entry.seconds() ? Optional.empty() : Optional.of(aged(entry.answer(), age));
    }

    /** Keeps positive answers and negative ones that carry an SOA (RFC 2308). @return what to give out now */
    Answer keep(Record question, Message message) {
        Answer answer = new Answer(
                message.getRcode(),
                message.getSection(Section.ANSWER),
                message.getSection(Section.AUTHORITY),
                message.getSection(Section.ADDITIONAL).stream()
                        .filter(record -> record.getType() != Type.OPT)
                        .toList(),
                true);
        long seconds = lifetime(answer);
        if (seconds > 0) {
            synchronized (entries) {
                entries.put(Key.of(question), new Kept(answer, nanoTime.getAsLong(), seconds));
            }
        }
        return answer;
    }

    private static long lifetime(Answer answer) {
        if (answer.code() == Rcode.NOERROR && !answer.answers().isEmpty()) {
            return answer.answers().stream().mapToLong(Record::getTTL).reduce(LONGEST, Math::min);
        }
        if (answer.code() == Rcode.NOERROR || answer.code() == Rcode.NXDOMAIN) {
            return answer.authority().stream()
                    .filter(SOARecord.class::isInstance)
                    .mapToLong(
                            record -> Math.min(LONGEST, Math.min(record.getTTL(), ((SOARecord) record).getMinimum())))
                    .min()
                    .orElse(0);
        }
        return 0;
    }

    private static Answer aged(Answer answer, long age) {
        return new Answer(
                answer.code(),
                aged(answer.answers(), age),
                aged(answer.authority(), age),
                aged(answer.additional(), age),
                true);
    }

    private static List<Record> aged(List<Record> records, long age) {
        List<Record> aged = new ArrayList<>(records.size());
        for (Record record : records) {
            aged.add(Record.newRecord(
                    record.getName(),
                    record.getType(),
                    record.getDClass(),
                    Math.max(0, record.getTTL() - age),
                    record.rdataToWireCanonical()));
        }
        return aged;
    }
}
