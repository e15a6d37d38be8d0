#include "masks.h"

#include <sys/stat.h>

#include "mount.h"
#include "report.h"

// Paths in /proc and /sys are opened from those mounts themselves, which are the kernel's and fresh; no link is followed anywhere.
static int open_guarded(const struct rootfs *fs, int sys, const char *path) {
    int base = fs->root;
    uint64_t resolve = RESOLVE_BENEATH_FLAG | RESOLVE_NO_SYMLINKS_FLAG;
    if (strncmp(path, "/proc/", 6) == 0) {
        base = fs->proc;
        path += 5;
        resolve |= RESOLVE_NO_XDEV_FLAG;
    } else if (strncmp(path, "/sys/", 5) == 0) {
        base = sys;
        path += 4;
    }
    path += strspn(path, "/");
    return open_in(base, path, O_PATH, 0, resolve);
}

void masks_enter(const struct rootfs *fs, int sys, const struct spec *spec) {
    int empty = -1;
    for (unsigned i = 0; i < spec->masked.count; i++) {
        const char *path = spec->masked.at[i];
        int target = open_guarded(fs, sys, path);
        if (target < 0) {
            if (errno == ENOENT || errno == ENOTDIR) {
                continue;
            }
            die_about("open the path to mask", path);
        }
        struct stat stat;
        if (fstat(target, &stat) != 0) {
            die_about("look at the path to mask", path);
        }
        int cover;
        if (!S_ISDIR(stat.st_mode)) {
            cover = (int)syscall(NR_open_tree, fs->devices[0], "", OPEN_TREE_CLONE_FLAG | O_CLOEXEC | AT_EMPTY_PATH);
            if (cover < 0 || !is_device(cover, 1, 3)) {
                die_about("cover", path);
            }
        } else if (empty < 0) {
            const char *options[] = {"size", "0", "nr_inodes", "1", NULL};
            cover = empty = new_mount("tmpfs", ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, options);
        } else {
            cover = copy_mount(empty, false);
        }
        attach(cover, target, path);
        if (cover != empty) {
            close(cover);
        }
        close(target);
    }
    if (empty >= 0) {
        close(empty);
    }
    for (unsigned i = 0; i < spec->read_only.count; i++) {
        const char *path = spec->read_only.at[i];
        int target = open_guarded(fs, sys, path);
        if (target < 0) {
            if (errno == ENOENT || errno == ENOTDIR) {
                continue;
            }
            die_about("open the read-only path", path);
        }
        int copy = copy_mount(target, true);
        if (copy < 0 || !set_attributes(copy, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, 0, -1, true)) {
            die_about("make read-only", path);
        }
        attach(copy, target, path);
        close(copy);
        close(target);
    }
}
