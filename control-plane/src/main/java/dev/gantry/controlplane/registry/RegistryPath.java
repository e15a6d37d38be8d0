package dev.gantry.controlplane.registry;

import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import java.util.Arrays;
import java.util.List;

/** What a path beneath /v2/ means. Everything in it is checked: what comes out holds no character that could climb in a file system. */
sealed interface RegistryPath {
    /** The version check. */
    record Version() implements RegistryPath {}

    /** @param reference a tag or a digest */
    record OfManifest(String repository, String reference) implements RegistryPath {
        boolean isByDigest() {
            return reference.indexOf(':') >= 0;
        }

        Digest digest() {
            return parseDigest(reference);
        }

        ImageName name() {
            return new ImageName(null, repository, reference, null);
        }
    }

    record OfBlob(String repository, Digest digest) implements RegistryPath {}

    record OfUploads(String repository) implements RegistryPath {}

    record OfUpload(String repository, String id) implements RegistryPath {}

    record OfTags(String repository) implements RegistryPath {}

    /**
     * @param path as it was asked for, decoded
     * @throws Refusal when it is none of the specification's, or what it names is no repository, tag or digest
     */
    static RegistryPath parse(String path) {
        String[] all = path.split("/", -1);
        // "", "v2", …
        List<String> parts = Arrays.asList(all).subList(2, all.length);
        int count = parts.size();
        if (count == 0 || (count == 1 && parts.getFirst().isEmpty())) {
            return new Version();
        }
        String last = parts.getLast();
        if (count >= 4
                && parts.get(count - 2).equals("uploads")
                && parts.get(count - 3).equals("blobs")) {
            String repository = repository(parts.subList(0, count - 3));
            return last.isEmpty() ? new OfUploads(repository) : new OfUpload(repository, last);
        }
        if (count >= 3 && last.equals("uploads") && parts.get(count - 2).equals("blobs")) {
            return new OfUploads(repository(parts.subList(0, count - 2)));
        }
        if (count >= 3 && parts.get(count - 2).equals("blobs")) {
            return new OfBlob(repository(parts.subList(0, count - 2)), parseDigest(last));
        }
        if (count >= 3 && parts.get(count - 2).equals("manifests")) {
            OfManifest manifest = new OfManifest(repository(parts.subList(0, count - 2)), last);
            if (!manifest.isByDigest()) {
                checkTag(manifest);
            }
            return manifest;
        }
        if (count >= 3 && last.equals("list") && parts.get(count - 2).equals("tags")) {
            return new OfTags(repository(parts.subList(0, count - 2)));
        }
        throw new Refusal(404, "UNSUPPORTED", "the registry has no such path: " + path);
    }

    /** @throws Refusal when it is no SHA-256 */
    static Digest parseDigest(String text) {
        try {
            return Digest.parse(text);
        } catch (IllegalArgumentException e) {
            throw Refusal.digestInvalid(String.valueOf(e.getMessage()));
        }
    }

    private static String repository(List<String> parts) {
        String repository = String.join("/", parts);
        try {
            return new ImageName(null, repository, ImageName.DEFAULT_TAG, null).repository();
        } catch (IllegalArgumentException e) {
            throw new Refusal(400, "NAME_INVALID", String.valueOf(e.getMessage()));
        }
    }

    private static void checkTag(OfManifest manifest) {
        try {
            manifest.name();
        } catch (IllegalArgumentException e) {
            throw new Refusal(400, "TAG_INVALID", String.valueOf(e.getMessage()));
        }
    }
}
