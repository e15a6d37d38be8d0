package dev.gantry.agent.image;

import dev.gantry.linux.LinuxException;
import dev.gantry.linux.RootedDirectory;
import java.util.SortedMap;
import java.util.TreeMap;

/** Which extended attributes belong to an image: not those of the host's security modules, nor those of the overlay. */
final class FileAttributes {
    private FileAttributes() {}

    static boolean isKept(String name) {
        return name.startsWith("user.")
                || name.equals("security.capability")
                || name.equals("system.posix_acl_access")
                || name.equals("system.posix_acl_default");
    }

    static SortedMap<String, byte[]> read(RootedDirectory directory, String path) throws LinuxException {
        SortedMap<String, byte[]> attributes = new TreeMap<>();
        for (String name : directory.listXattrs(path)) {
            if (isKept(name)) {
                directory.getXattr(path, name).ifPresent(value -> attributes.put(name, value));
            }
        }
        return attributes;
    }
}
