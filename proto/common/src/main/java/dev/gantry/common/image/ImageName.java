package dev.gantry.common.image;

import static java.util.Objects.requireNonNull;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A reference to an image, such as {@code web:1}, {@code team/web} or {@code registry.example:5000/team/web@sha256:…}. The grammar is that of the OCI
 * distribution specification (repository names, tags) and of the reference package of the distribution project (what counts as a registry). A name without
 * a registry is one of the cluster's own: nothing is added to it, neither a registry nor {@code library/}.
 *
 * <p>A value of this type is well formed. It may still contain {@code /}: {@link #toString} is no file name.
 *
 * @param registry host and optional port; null for the cluster's own registry
 * @param repository lower-case components separated by slashes
 * @param tag null only when there is a digest
 * @param digest null when the tag decides
 */
public record ImageName(
        @Nullable String registry,
        String repository,
        @Nullable String tag,
        @Nullable Digest digest) implements Comparable<ImageName> {
    /** The tag of a name that has neither tag nor digest. */
    public static final String DEFAULT_TAG = "latest";

    private static final int MAX_LENGTH = 255;
    private static final int MAX_TAG_LENGTH = 128;
    private static final int MAX_QUOTED = 80;

    private static final Pattern COMPONENT = Pattern.compile("[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*+");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*+");
    private static final Pattern REGISTRY = Pattern.compile(
            "(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*+|\\[[0-9a-fA-F:]+])(?::[0-9]{1,5})?");

    public ImageName {
        requireNonNull(repository, "repository is null");
        if (tag == null && digest == null) {
            tag = DEFAULT_TAG;
        }
        String whole = (registry == null ? "" : registry + "/") + repository;
        if (whole.length() > MAX_LENGTH) {
            throw invalid(whole, "is %s characters long; expected at most %s".formatted(whole.length(), MAX_LENGTH));
        }
        if (registry != null && !REGISTRY.matcher(registry).matches()) {
            throw invalid(
                    whole,
                    "has the registry %s; expected a host name with an optional port".formatted(quote(registry)));
        }
        checkRepository(whole, repository);
        if (tag != null && (tag.length() > MAX_TAG_LENGTH || !TAG.matcher(tag).matches())) {
            throw invalid(
                    whole,
                    "has the tag %s; expected at most %s letters, digits, '_', '.' and '-', not beginning with '.' or '-'"
                            .formatted(quote(tag), MAX_TAG_LENGTH));
        }
    }

    /**
     * Parses {@code [registry/]repository[:tag][@digest]}. The first component is a registry when it has a dot or a colon, or is {@code localhost}.
     *
     * @throws IllegalArgumentException with one sentence that says what was expected
     */
    public static ImageName parse(String text) {
        requireNonNull(text, "text is null");
        if (text.isEmpty()) {
            throw new IllegalArgumentException("The image name is empty; expected a name such as web:1");
        }
        String rest = text;
        Digest digest = null;
        int at = rest.indexOf('@');
        if (at >= 0) {
            digest = parseDigest(text, rest.substring(at + 1));
            rest = rest.substring(0, at);
        }
        String registry = null;
        int slash = rest.indexOf('/');
        if (slash >= 0 && isRegistry(rest.substring(0, slash))) {
            registry = rest.substring(0, slash);
            rest = rest.substring(slash + 1);
        }
        String tag = null;
        int colon = rest.indexOf(':');
        if (colon >= 0) {
            tag = rest.substring(colon + 1);
            rest = rest.substring(0, colon);
        }
        return new ImageName(registry, rest, tag, digest);
    }

    /** As {@link #parse}, but empty for what is no image name. */
    public static Optional<ImageName> tryParse(String text) {
        try {
            return Optional.of(parse(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The same repository pinned to a digest; the tag stays for people to read. */
    public ImageName withDigest(Digest pinned) {
        return new ImageName(registry, repository, tag, requireNonNull(pinned, "pinned is null"));
    }

    /** Whether a cluster looks into its own registry for this name. */
    public boolean isUnqualified() {
        return registry == null;
    }

    /** Registry and repository, without tag and digest. */
    public String repositoryName() {
        return registry == null ? repository : registry + "/" + repository;
    }

    @Override
    public int compareTo(ImageName other) {
        return toString().compareTo(other.toString());
    }

    /** The canonical form, with the tag written out; {@link #parse} gives an equal value. */
    @Override
    public String toString() {
        StringBuilder name = new StringBuilder(repositoryName());
        if (tag != null) {
            name.append(':').append(tag);
        }
        if (digest != null) {
            name.append('@').append(digest);
        }
        return name.toString();
    }

    private static boolean isRegistry(String component) {
        return component.equals("localhost")
                || component.indexOf('.') >= 0
                || component.indexOf(':') >= 0
                || !component.equals(component.toLowerCase(Locale.ROOT));
    }

    private static Digest parseDigest(String text, String digest) {
        try {
            return Digest.parse(digest);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Image name %s: %s".formatted(quote(text), e.getMessage()), e);
        }
    }

    private static void checkRepository(String whole, String repository) {
        for (String component : repository.split("/", -1)) {
            if (!COMPONENT.matcher(component).matches()) {
                String hint =
                        COMPONENT.matcher(component.toLowerCase(Locale.ROOT)).matches()
                                ? " (names are lower case)"
                                : "";
                throw invalid(
                        whole,
                        "has the part %s; expected lower-case letters and digits, separated by '.', '_', '__' or '-'%s"
                                .formatted(quote(component), hint));
            }
        }
    }

    private static IllegalArgumentException invalid(String whole, String problem) {
        return new IllegalArgumentException("Image name %s %s".formatted(quote(whole), problem));
    }

    /** Untrusted text for a message: bounded, and without control characters that could forge lines of a log. */
    static String quote(String text) {
        String shown = text.length() > MAX_QUOTED ? text.substring(0, MAX_QUOTED) + "…" : text;
        StringBuilder quoted = new StringBuilder("\"");
        shown.chars().forEach(c -> {
            if (Character.isISOControl(c) || Character.isSurrogate((char) c) || c == '"' || c == '\\') {
                quoted.append("\\u%04x".formatted(c));
            } else {
                quoted.append((char) c);
            }
        });
        return quoted.append('"').toString();
    }
}
