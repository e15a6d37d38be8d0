#include "overlay.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include "mount.h"
#include "report.h"

static int open_layer(const char *path) {
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        die_about("open the layer", path);
    }
    return fd;
}

// Layers are named by descriptor: short whatever their paths, and free of the colons and commas that would need escapes. mount(2) takes a page of options, where
// fsconfig(2) takes 256 bytes an option.
static char *fd_option(char *at, const char *end, const char *name, int fd) {
    at = put_string(at, end, name);
    at = put_string(at, end, "/proc/self/fd/");
    return put_number(at, (uint64_t)fd);
}

static unsigned long overlay_flags(const struct spec *spec) {
    return (spec->flags & FLAG_PRIVILEGED) != 0 ? 0 : MS_NODEV;
}

static void mount_overlay(const struct spec *spec, const char *target, char *options, char *at, const char *end) {
    at = fd_option(at, end, ",upperdir=", open_layer(spec->upper));
    at = fd_option(at, end, ",workdir=", open_layer(spec->work));
    if (at >= end - 1) {
        errno = E2BIG;
        die("too many layers for one overlay");
    }
    *at = 0;
    if (mount("overlay", target, "overlay", overlay_flags(spec), options) != 0) {
        die_about("mount the overlay:", options);
    }
}

static void overlay_plain(struct rootfs *fs, const struct spec *spec) {
    char options[4096];
    const char *end = options + sizeof options - 64;
    char *at = options;
    for (unsigned i = 0; i < spec->layers.count; i++) {
        at = fd_option(at, end, i == 0 ? "lowerdir=" : ":", open_layer(spec->layers.at[i]));
    }
    mount_overlay(spec, "root", options, at, end);
    fs->root = open_in(AT_FDCWD, "root", O_PATH | O_DIRECTORY, 0, 0);
    if (fs->root < 0) {
        die("open the overlay");
    }
}

// An overlay for a user namespace: its lower layers are ID-mapped, the upper one holds shifted ids. They are attached on a scratch tmpfs that goes with the old root.
static void overlay_mapped(struct rootfs *fs, const struct spec *spec, int user_namespace) {
    if (mount("scratch", "root", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=64k") != 0 || chdir("root") != 0
        || mkdir("merged", 0755) != 0) {
        die("make room for the layers");
    }
    char options[4096];
    const char *end = options + sizeof options - 64;
    char *at = options;
    for (unsigned i = 0; i < spec->layers.count; i++) {
        char name[24];
        *put_number(name, i) = 0;
        int layer = open_layer(spec->layers.at[i]);
        int copy = copy_mount(layer, false);
        int target = mkdir(name, 0755) == 0 ? open(name, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
        if (copy < 0 || target < 0 || !set_attributes(copy, ATTR_RDONLY, 0, user_namespace, false)) {
            die_about("map the owners of the layer", spec->layers.at[i]);
        }
        attach(copy, target, spec->layers.at[i]);
        close(layer);
        close(copy);
        close(target);
        at = put_string(at, end, i == 0 ? "lowerdir=" : ":");
        at = put_string(at, end, name);
    }
    mount_overlay(spec, "merged", options, at, end);
    int merged = open("merged", O_PATH | O_DIRECTORY | O_CLOEXEC);
    fs->root = merged < 0 ? -1 : copy_mount(merged, false);
    if (fs->root < 0) {
        die("copy the overlay");
    }
    close(merged);
}

void rootfs_overlay(struct rootfs *fs, const struct spec *spec, int user_namespace) {
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) {
        die("make the host's mounts slaves");
    }
    if (user_namespace < 0) {
        overlay_plain(fs, spec);
    } else {
        overlay_mapped(fs, spec, user_namespace);
    }
}
