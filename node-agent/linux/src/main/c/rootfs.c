#include "rootfs.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include "binds.h"
#include "devices.h"
#include "masks.h"
#include "mount.h"
#include "report.h"

void rootfs_prepare(struct rootfs *fs, struct spec *spec) {
    int userns = -1;
    if (spec->user_namespace != NULL) {
        userns = open(spec->user_namespace, O_RDONLY | O_CLOEXEC);
        if (userns < 0) {
            die_about("open the user namespace", spec->user_namespace);
        }
    }
    devices_prepare(fs, spec);
    binds_prepare(spec, userns);
    if (userns >= 0) {
        close(userns);
    }
}

void rootfs_release(struct rootfs *fs, struct spec *spec) {
    for (unsigned i = 0; i < DEVICE_COUNT; i++) {
        close(fs->devices[i]);
    }
    close(fs->shm);
    for (unsigned i = 0; i < spec->mount_count; i++) {
        close(spec->mounts[i].fd);
    }
}

static void enter_cgroups(int sys, const struct spec *spec, unsigned attributes) {
    if (spec->cgroup_mounts.count == 0) {
        return;
    }
    int target = open_in(sys, "fs/cgroup", O_PATH | O_DIRECTORY, 0, RESOLVE_BENEATH_FLAG | RESOLVE_NO_SYMLINKS_FLAG);
    if (target < 0) {
        die("open /sys/fs/cgroup");
    }
    // one entry "" is version 2 alone; otherwise NAME:OPTION of each hierarchy, and NAME: for version 2 beside them
    if (spec->cgroup_mounts.at[0][0] == 0) {
        int unified = new_mount("cgroup2", attributes, NULL);
        attach(unified, target, "/sys/fs/cgroup");
        close(unified);
        close(target);
        return;
    }
    const char *options[] = {"mode", "755", "size", "65536", NULL};
    int all = new_mount("tmpfs", ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, options);
    attach(all, target, "/sys/fs/cgroup");
    close(target);
    for (unsigned i = 0; i < spec->cgroup_mounts.count; i++) {
        char *name = spec->cgroup_mounts.at[i];
        char *option = strchr(name, ':');
        *option++ = 0;
        const char *flag[] = {option, NULL, NULL};
        int one = *option == 0 ? new_mount("cgroup2", attributes, NULL) : new_mount("cgroup", attributes, flag);
        mount_sub(all, name, 0755, one);
        close(one);
    }
    if (!set_attributes(all, attributes & ATTR_RDONLY, 0, -1, false)) {
        die("make /sys/fs/cgroup read-only");
    }
    close(all);
}

// The kernel looks at the writer's namespaces, not at where /proc was mounted; so this is done by a process that has joined them all.
static void set_sysctls(int proc, const struct spec *spec) {
    for (unsigned i = 0; i < spec->sysctls.count; i++) {
        char path[512];
        const char *end = path + sizeof path - 1;
        char *name = put_string(path, end, "sys/");
        *put_string(name, end, spec->sysctls.at[i]) = 0;
        char *value = strchr(path, '=');
        if (value == NULL) {
            errno = ENAMETOOLONG;
            die_about("set the kernel parameter", name);
        }
        *value = 0;
        value = strchr(spec->sysctls.at[i], '=') + 1;
        int fd = open_in(proc, path, O_WRONLY, 0, RESOLVE_BENEATH_FLAG | RESOLVE_NO_SYMLINKS_FLAG | RESOLVE_NO_XDEV_FLAG);
        if (fd < 0 || !write_whole(fd, value, strlen(value))) {
            die_about("set the kernel parameter", name);
        }
        close(fd);
    }
}

void rootfs_enter(struct rootfs *fs, struct spec *spec) {
    bool privileged = (spec->flags & FLAG_PRIVILEGED) != 0;
    umask(0);
    if (spec->user_namespace != NULL && syscall(NR_move_mount, fs->root, "", AT_FDCWD, ".", MOVE_FROM_EMPTY) != 0) {
        die("attach the overlay in the user namespace");
    }
    fs->proc = new_mount("proc", ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, NULL);
    place(fs->root, fs->proc, "proc");
    set_sysctls(fs->proc, spec);
    devices_enter(fs, spec);
    int sys = new_mount("sysfs", ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC | (privileged ? 0 : ATTR_RDONLY), NULL);
    place(fs->root, sys, "sys");
    enter_cgroups(sys, spec, ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC | (privileged ? 0 : ATTR_RDONLY));
    umask(022);
    binds_enter(fs, spec);
    int directory = open_target(fs->root, spec->directory, true);
    if (directory < 0) {
        die_about("the working directory cannot be made, or is none that a container may have:", spec->directory);
    }
    close(directory);
    masks_enter(fs, sys, spec);
    close(sys);
    if ((spec->flags & FLAG_READ_ONLY_ROOT) != 0 && !set_attributes(fs->root, ATTR_RDONLY, 0, -1, false)) {
        die("make the root read-only");
    }
    // "." stacks the old root on the new one, from where it is taken off: no directory of the image is needed, and nothing of the host stays
    if (fchdir(fs->root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) {
        die("make the overlay the root");
    }
}
