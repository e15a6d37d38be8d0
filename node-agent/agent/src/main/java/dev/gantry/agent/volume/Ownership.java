package dev.gantry.agent.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Owner and mode of what the agent makes. Only for paths in directories that no container can write to at that time. */
final class Ownership {
    private Ownership() {}

    /** @param mode permission bits, with 02000 for the set-group-id bit that makes a directory's group inherited */
    static void apply(Path path, VolumeOwner owner, int mode) throws IOException {
        if ((int) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS) != owner.uid()) {
            Files.setAttribute(path, "unix:uid", owner.uid(), LinkOption.NOFOLLOW_LINKS);
        }
        if (owner.fsGroup().isPresent()) {
            Files.setAttribute(path, "unix:gid", owner.gid(), LinkOption.NOFOLLOW_LINKS);
        }
        Files.setAttribute(path, "unix:mode", mode);
    }
}
