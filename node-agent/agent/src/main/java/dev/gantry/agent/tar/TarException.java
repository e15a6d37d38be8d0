package dev.gantry.agent.tar;

import java.io.IOException;

/** An archive that is damaged, hostile, or beyond a limit. The message names the entry. */
public final class TarException extends IOException {
    private static final long serialVersionUID = 1L;

    private static final int MAX_SHOWN = 120;

    public TarException(String message) {
        super(message);
    }

    /** @param entry its name, which may be hostile: it is cut, and control characters are replaced */
    public TarException(String entry, String problem) {
        super("Archive entry %s %s".formatted(shown(entry), problem));
    }

    public TarException(String entry, String problem, Throwable cause) {
        super("Archive entry %s %s".formatted(shown(entry), problem), cause);
    }

    static String shown(String name) {
        String printable = name.replaceAll("[\\p{Cntrl}\\p{Cs}]", "?");
        return "\"" + (printable.length() > MAX_SHOWN ? printable.substring(0, MAX_SHOWN) + "…" : printable) + "\"";
    }
}
