package dev.gantry.linux;

import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;

/**
 * The calls that jnr-posix has: on descriptors and on processes. Only to be called on a thread of {@link NativeThreads}; failures are told as {@link Libc}'s are. What
 * takes a name of others is not called here: names are bytes, and jnr-posix has strings.
 */
final class Posix {
    static final POSIX C = POSIXFactory.getNativePOSIX();

    private Posix() {}
}
