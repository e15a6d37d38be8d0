package dev.gantry.agent.tar;

/**
 * What an archive may hold at most.
 *
 * @param entries files, directories, links and devices
 * @param contentBytes of all files together
 */
public record TarLimits(long entries, long contentBytes) {
    /** A name longer than Linux's PATH_MAX can't be given to any system call. */
    static final int NAME_BYTES = 4095;

    /** All extended headers of one entry: its names and its attributes. */
    static final int HEADER_BYTES = 1 << 20;
}
