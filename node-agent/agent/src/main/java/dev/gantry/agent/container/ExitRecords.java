package dev.gantry.agent.container;

import dev.gantry.linux.launcher.Ended;

/** From a launcher's words to ours. */
final class ExitRecords {
    private static final int SIGNAL_BASE = 128;

    private ExitRecords() {}

    static ExitRecord of(Ended ended) {
        int code = ended.killed() ? SIGNAL_BASE + ended.status() : ended.status();
        // the kernel may have killed a child, whose parent then failed; one that coped with it simply exited
        ExitRecord.Cause cause =
                ended.oomKills() > 0 && code != 0 ? ExitRecord.Cause.OUT_OF_MEMORY : ExitRecord.Cause.EXITED;
        return new ExitRecord(code, ended.killed() ? ended.status() : 0, cause, ended.finishedAtMillis());
    }
}
