package dev.gantry.scheduler;

import static java.util.Objects.requireNonNull;

/** One filter's answer about one node. */
public sealed interface Rejection {
    Reason reason();

    /** @param detail what exactly, such as the taint; empty for nothing to add */
    record Unfit(Reason reason, String detail) implements Rejection {
        public Unfit {
            requireNonNull(reason, "reason is null");
            requireNonNull(detail, "detail is null");
        }
    }

    /**
     * Too little of a resource is free.
     *
     * @param resource how it is called in a sentence, such as {@code memory}
     * @param requested in the resource's unit: millicores, bytes or a count
     * @param missing how much more must be free; positive
     */
    record Lack(Reason reason, String resource, long requested, long missing) implements Rejection {
        public Lack {
            requireNonNull(reason, "reason is null");
            requireNonNull(resource, "resource is null");
        }
    }
}
