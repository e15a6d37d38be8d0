package dev.gantry.controlplane.store;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where everything lies. Objects: {@code /gantry/objects/<group>/<resource>/<namespace>/<name>}, with {@code -} for the core group and for no namespace,
 * which neither can be called. Only names go into paths: whoever can connect may learn that a path exists.
 */
final class StorePaths {
    static final String ROOT = "/gantry";
    static final String OBJECTS = ROOT + "/objects";
    static final String META = ROOT + "/meta";
    static final String LEADER = ROOT + "/leader";
    static final String BARRIER = ROOT + "/barrier";
    static final String REPLICAS = ROOT + "/replicas";
    static final String DICTIONARIES = ROOT + "/dictionaries";
    static final String PROBE = "/gantry-probe";

    private static final String NONE = "-";
    private static final String OBJECTS_PREFIX = OBJECTS + "/";

    private StorePaths() {}

    static String of(ObjectKey key) {
        String namespace = key.namespace();
        return OBJECTS_PREFIX
                + segment(key, key.group().isEmpty() ? NONE : key.group())
                + "/"
                + segment(key, key.resource())
                + "/"
                + segment(key, namespace == null ? NONE : namespace)
                + "/"
                + segment(key, key.name());
    }

    /** The object that a path is of; empty for any other path. */
    static Optional<ObjectKey> key(String path) {
        if (!path.startsWith(OBJECTS_PREFIX)) {
            return Optional.empty();
        }
        String[] parts = path.substring(OBJECTS_PREFIX.length()).split("/", -1);
        return parts.length == 4 ? Optional.of(key(parts[0], parts[1], parts[2], parts[3])) : Optional.empty();
    }

    /** The object of four segments of a path. */
    static ObjectKey key(String group, String resource, String namespace, String name) {
        return new ObjectKey(
                group.equals(NONE) ? "" : group, resource, namespace.equals(NONE) ? null : namespace, name);
    }

    /** The znodes that must exist before an object's, outermost first. */
    static List<String> parents(String path) {
        String namespace = parent(path);
        String resource = parent(namespace);
        return List.of(parent(resource), resource, namespace);
    }

    static String parent(String path) {
        return path.substring(0, path.lastIndexOf('/'));
    }

    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String segment(ObjectKey key, @Nullable String segment) {
        if (segment == null || segment.isEmpty() || segment.equals(".") || segment.equals("..") || !allowed(segment)) {
            throw new IllegalArgumentException(
                    "%s can't be stored: '%s' is no name (empty, dots only, a slash or a control character)"
                            .formatted(key, segment));
        }
        return segment;
    }

    private static boolean allowed(String segment) {
        return segment.chars().allMatch(c -> c > 0x1f && c != '/' && (c < 0x7f || c > 0x9f) && c < 0xd800);
    }
}
