package dev.gantry.agent.image;

import dev.gantry.agent.tar.TarEntry;
import dev.gantry.agent.tar.TarException;
import java.util.ArrayList;
import java.util.List;

/** Names of archive entries as paths beneath a root: relative, without {@code .} and empty parts. The root itself is the empty path. */
final class EntryPath {
    private EntryPath() {}

    /** @throws TarException naming the entry when the path is absolute or climbs out */
    static String of(TarEntry entry, String name) throws TarException {
        if (name.startsWith("/")) {
            throw new TarException(
                    entry.name(), "has the absolute path %s; expected one beneath the root".formatted(cut(name)));
        }
        List<String> parts = new ArrayList<>();
        for (String part : name.split("/")) {
            if (part.equals("..")) {
                throw new TarException(
                        entry.name(), "has the path %s, which climbs out of the root".formatted(cut(name)));
            }
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return String.join("/", parts);
    }

    /** Empty for a path in the root. */
    static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    static String child(String directory, String name) {
        return directory.isEmpty() ? name : directory + "/" + name;
    }

    private static String cut(String name) {
        String printable = name.replaceAll("[\\p{Cntrl}\\p{Cs}]", "?");
        return printable.length() > 120 ? printable.substring(0, 120) + "…" : printable;
    }
}
