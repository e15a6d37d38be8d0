#include "mount.h"

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "report.h"

int new_mount(const char *type, unsigned attributes, const char *const *options) {
    int context = (int)syscall(NR_fsopen, type, 1);
    if (context < 0) {
        die_about("open the file system", type);
    }
    for (; options != NULL && options[0] != NULL; options += 2) {
        int command = options[1] == NULL ? 0 : 1;
        if (syscall(NR_fsconfig, context, command, options[0], options[1], 0) != 0) {
            die_about("set an option of the file system: ", options[0]);
        }
    }
    if (syscall(NR_fsconfig, context, 6, NULL, NULL, 0) != 0) {
        die_about("create the file system", type);
    }
    int mount = (int)syscall(NR_fsmount, context, 1, attributes);
    if (mount < 0) {
        die_about("mount the file system", type);
    }
    close(context);
    return mount;
}

int copy_mount(int source, bool recursive) {
    return (int)syscall(NR_open_tree, source, "",
                        OPEN_TREE_CLONE_FLAG | O_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0));
}

bool set_attributes(int mount, uint64_t set, uint64_t propagation, int userns, bool recursive) {
    struct mount_attributes attributes = {set | (userns >= 0 ? ATTR_IDMAP : 0), 0, propagation,
                                          userns >= 0 ? (uint64_t)userns : 0};
    return syscall(NR_mount_setattr, mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, sizeof attributes)
        == 0;
}

void attach(int mount, int target, const char *what) {
    if (syscall(NR_move_mount, mount, "", target, "", MOVE_FROM_EMPTY | MOVE_TO_EMPTY) != 0) {
        die_about("mount on", what);
    }
}

bool is_device(int fd, unsigned major, unsigned minor) {
    struct stat stat;
    return fstat(fd, &stat) == 0 && S_ISCHR(stat.st_mode) && stat.st_rdev == makedev(major, minor);
}

bool is_on(int fd, long magic) {
    struct statfs stat;
    return fstatfs(fd, &stat) == 0 && (long)stat.f_type == magic;
}

void place(int root, int mount, const char *name) {
    // no link of the image may divert what the rest relies upon
    uint64_t resolve = RESOLVE_BENEATH_FLAG | RESOLVE_NO_SYMLINKS_FLAG;
    int target = open_in(root, name, O_PATH | O_DIRECTORY, 0, resolve);
    if (target < 0 && errno == ENOENT) {
        mkdirat(root, name, 0755);
        target = open_in(root, name, O_PATH | O_DIRECTORY, 0, resolve);
    }
    if (target < 0) {
        die_about("the image needs a plain directory, no link, in its root by the name of", name);
    }
    attach(mount, target, name);
    close(target);
}

static int sub(int directory, const char *name, mode_t mode) {
    if (mkdirat(directory, name, mode) != 0) {
        die_about("make", name);
    }
    int fd = open_in(directory, name, O_PATH | O_DIRECTORY, 0, RESOLVE_BENEATH_FLAG);
    if (fd < 0) {
        die_about("open", name);
    }
    return fd;
}

void mount_sub(int directory, const char *name, mode_t mode, int mount) {
    int target = sub(directory, name, mode);
    attach(mount, target, name);
    close(target);
}
