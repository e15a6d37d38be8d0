#include "rootfs.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "report.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

static const struct {
    const char *name;
    unsigned major, minor;
} devices[DEVICE_COUNT] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};

// A new mount of a kind. Options are names and values in turn; a NULL value makes a flag.
static int new_mount(const char *type, unsigned attributes, const char *const *options) {
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

static int copy_mount(int source, bool recursive) {
    return (int)syscall(NR_open_tree, source, "",
                        OPEN_TREE_CLONE_FLAG | O_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0));
}

static bool set_attributes(int mount, uint64_t set, uint64_t propagation, int userns, bool recursive) {
    struct mount_attributes attributes = {set | (userns >= 0 ? ATTR_IDMAP : 0), 0, propagation,
                                          userns >= 0 ? (uint64_t)userns : 0};
    return syscall(NR_mount_setattr, mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, sizeof attributes)
        == 0;
}

static void attach(int mount, int target, const char *what) {
    if (syscall(NR_move_mount, mount, "", target, "", MOVE_FROM_EMPTY | MOVE_TO_EMPTY) != 0) {
        die_about("mount on", what);
    }
}

static bool is_device(int fd, unsigned major, unsigned minor) {
    struct stat stat;
    return fstat(fd, &stat) == 0 && S_ISCHR(stat.st_mode) && stat.st_rdev == makedev(major, minor);
}

static bool is_on(int fd, long magic) {
    struct statfs stat;
    return fstatfs(fd, &stat) == 0 && (long)stat.f_type == magic;
}

void rootfs_prepare(struct rootfs *fs, struct spec *spec) {
    int userns = -1;
    if (spec->user_namespace != NULL) {
        userns = open(spec->user_namespace, O_RDONLY | O_CLOEXEC);
        if (userns < 0) {
            die_about("open the user namespace", spec->user_namespace);
        }
    }
    for (unsigned i = 0; i < DEVICE_COUNT; i++) {
        char path[16] = "/dev/";
        strcat(path, devices[i].name);
        int node = open_in(AT_FDCWD, path, O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS_FLAG);
        if (node < 0 || !is_device(node, devices[i].major, devices[i].minor)) {
            errno = ENODEV;
            die_about("the host has no proper device", path);
        }
        fs->devices[i] = copy_mount(node, false);
        if (fs->devices[i] < 0 || !set_attributes(fs->devices[i], ATTR_RDONLY | ATTR_NOSUID | ATTR_NOEXEC, MS_PRIVATE, -1, false)) {
            die_about("copy the device", path);
        }
        close(node);
    }
    for (unsigned i = 0; i < spec->mount_count; i++) {
        struct bind *bind = &spec->mounts[i];
        // whoever chose the source resolved it beneath a descriptor; a link that has appeared since is an attack
        int source = open_in(AT_FDCWD, bind->source, O_PATH, 0, RESOLVE_NO_SYMLINKS_FLAG | RESOLVE_NO_MAGICLINKS_FLAG);
        struct stat stat;
        if (source < 0 || fstat(source, &stat) != 0) {
            die_about(errno == ELOOP ? "refuse a mount whose source leads through a symbolic link:" : "open the mount source",
                      bind->source);
        }
        bind->directory = S_ISDIR(stat.st_mode);
        bind->fd = copy_mount(source, true);
        uint64_t set = ((bind->flags & MOUNT_READ_ONLY) != 0 ? ATTR_RDONLY : 0)
            | ((bind->flags & MOUNT_DEVICES) != 0 ? 0 : ATTR_NODEV);
        uint64_t propagation = (bind->flags & MOUNT_SHARED) != 0 ? MS_SHARED
            : (bind->flags & MOUNT_SLAVE) != 0                   ? MS_SLAVE
                                                                 : MS_PRIVATE;
        if (bind->fd < 0 || !set_attributes(bind->fd, set, propagation, -1, true)) {
            die_about("copy the mount", bind->source);
        }
        if ((bind->flags & MOUNT_IDMAPPED) != 0 && !set_attributes(bind->fd, 0, 0, userns, false)) {
            die_about("map the owners of a mount to the user namespace (its file system may not know how):", bind->source);
        }
        close(source);
    }
    if (userns >= 0) {
        close(userns);
    }
}

void rootfs_release(struct rootfs *fs, struct spec *spec) {
    for (unsigned i = 0; i < DEVICE_COUNT; i++) {
        close(fs->devices[i]);
    }
    for (unsigned i = 0; i < spec->mount_count; i++) {
        close(spec->mounts[i].fd);
    }
}

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

#define MAX_LINKS 40

static int open_target(int root, const char *path, bool directory, int links);

// A link whose target is missing: what it leads to is made instead. `before` is the path up to the link's name, `rest` what follows it.
static int open_through_link(int root, const char *before, const char *link, const char *rest, bool directory, int links) {
    char path[8192];
    const char *end = path + sizeof path - 1;
    char *at = link[0] == '/' ? path : put_string(path, end, before);
    at = put_string(at, end, link);
    at = put_string(at, end, "/");
    *put_string(at, end, rest) = 0;
    if (links == 0) {
        errno = ELOOP;
        return -1;
    }
    return open_target(root, path, directory, links - 1);
}

static int make_missing(int parent, const char *name, bool directory) {
    if (directory) {
        return mkdirat(parent, name, 0755);
    }
    int made = open_in(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0644, RESOLVE_BENEATH_FLAG);
    if (made >= 0) {
        close(made);
    }
    return made < 0 ? -1 : 0;
}

// Opens a target in the container, with links resolved inside it; makes it, with its parents, when missing.
static int open_target(int root, const char *path, bool directory, int links) {
    uint64_t resolve = RESOLVE_IN_ROOT_FLAG | RESOLVE_NO_MAGICLINKS_FLAG;
    int fd = open_in(root, path, O_PATH | (directory ? O_DIRECTORY : 0), 0, resolve);
    if (fd >= 0 || errno != ENOENT) {
        return fd;
    }
    char copy[8192];
    if (strlen(path) >= sizeof copy) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(copy, path);
    int parent = fcntl(root, F_DUPFD_CLOEXEC, 3);
    for (char *at = copy; parent >= 0;) {
        at += strspn(at, "/");
        char *slash = strchr(at, '/');
        char *rest = slash == NULL ? at + strlen(at) : slash + strspn(slash, "/");
        bool wants_directory = *rest != 0 || directory;
        if (slash != NULL) {
            *slash = 0;
        }
        uint64_t flags = O_PATH | (wants_directory ? O_DIRECTORY : 0);
        int next = open_in(root, copy, flags, 0, resolve);
        if (next < 0 && errno == ENOENT) {
            char link[4096];
            ssize_t length = readlinkat(parent, at, link, sizeof link - 1);
            if (length >= 0) {
                link[length] = 0;
                *at = 0;
                close(parent);
                return open_through_link(root, copy, link, rest, directory, links);
            }
            if (make_missing(parent, at, wants_directory) == 0 || errno == EEXIST) {
                next = open_in(root, copy, flags, 0, resolve);
            }
        }
        int error = errno;
        close(parent);
        errno = error;
        parent = next;
        if (*rest == 0) {
            break;
        }
        *slash = '/';
        at = slash;
    }
    return parent;
}

static void place(const struct rootfs *fs, int mount, const char *path) {
    // no link of the image may divert what the rest relies upon
    uint64_t resolve = RESOLVE_BENEATH_FLAG | RESOLVE_NO_SYMLINKS_FLAG;
    int target = open_in(fs->root, path, O_PATH | O_DIRECTORY, 0, resolve);
    if (target < 0 && errno == ENOENT) {
        mkdirat(fs->root, path, 0755);
        target = open_in(fs->root, path, O_PATH | O_DIRECTORY, 0, resolve);
    }
    if (target < 0) {
        die_about("the image needs a plain directory, no link, in its root by the name of", path);
    }
    attach(mount, target, path);
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

static void mount_sub(int directory, const char *name, mode_t mode, int mount) {
    int target = sub(directory, name, mode);
    attach(mount, target, name);
    close(target);
}

// What a privileged container sees of the host's devices: the nodes of its /dev, without those that every container has of its own.
static void privileged_devices(int dev) {
    int host = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char buffer[4096];
    ssize_t length;
    while (host >= 0 && (length = syscall(SYS_getdents64, host, buffer, sizeof buffer)) > 0) {
        for (ssize_t at = 0; at < length;) {
            uint16_t size;
            memcpy(&size, buffer + at + 16, sizeof size);
            const char *name = buffer + at + 19;
            struct stat stat;
            if (fstatat(host, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && (S_ISCHR(stat.st_mode) || S_ISBLK(stat.st_mode))) {
                if (mknodat(dev, name, stat.st_mode, stat.st_rdev) != 0 && errno != EEXIST) {
                    die_about("make the device", name);
                }
            }
            at += size;
        }
    }
    close(host);
}

static void enter_dev(struct rootfs *fs, const struct spec *spec) {
    bool privileged = (spec->flags & FLAG_PRIVILEGED) != 0;
    const char *dev_options[] = {"mode", "755", "size", "65536", NULL};
    // device nodes that are made later open nothing: nodev
    int dev = new_mount("tmpfs", ATTR_NOSUID | (privileged ? 0 : ATTR_NODEV), dev_options);
    place(fs, dev, "dev");
    for (unsigned i = 0; i < DEVICE_COUNT; i++) {
        int node = openat(dev, devices[i].name, O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0666);
        if (node < 0) {
            die_about("make the device", devices[i].name);
        }
        attach(fs->devices[i], node, devices[i].name);
        close(node);
    }
    static const char *const links[][2] = {{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
                                           {"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"}};
    for (unsigned i = 0; i < sizeof links / sizeof *links; i++) {
        if (symlinkat(links[i][0], dev, links[i][1]) != 0) {
            die_about("make the link", links[i][1]);
        }
    }
    const char *pts_options[] = {"ptmxmode", "666", "mode", "620", "gid", "5", NULL};
    fs->pts = new_mount("devpts", ATTR_NOSUID | ATTR_NOEXEC, pts_options);
    mount_sub(dev, "pts", 0755, fs->pts);
    char size[24];
    *put_number(size, spec->shm_size) = 0;
    const char *shm_options[] = {"mode", "1777", "size", size, NULL};
    int shm = new_mount("tmpfs", ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, shm_options);
    mount_sub(dev, "shm", 01777, shm);
    close(shm);
    int queue = new_mount("mqueue", ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, NULL);
    mount_sub(dev, "mqueue", 0755, queue);
    close(queue);
    if (privileged) {
        privileged_devices(dev);
    }
    if ((spec->flags & FLAG_TERMINAL) != 0) {
        fs->terminal = terminal_open(fs->pts, spec->uid);
        int console = openat(dev, "console", O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0600);
        int slave = (int)syscall(NR_open_tree, fs->pts, "0", OPEN_TREE_CLONE_FLAG | O_CLOEXEC);
        struct stat ours, placed;
        if (console < 0 || slave < 0 || fstat(fs->terminal, &ours) != 0 || fstat(slave, &placed) != 0
            || ours.st_rdev != placed.st_rdev || !is_on(slave, DEVPTS_MAGIC)) {
            die("find the terminal for /dev/console");
        }
        attach(slave, console, "/dev/console");
        close(slave);
        close(console);
    }
    close(dev);
}

int terminal_open(int pts, uint32_t uid) {
    int master = open_in(pts, "ptmx", O_RDWR | O_NOCTTY, 0, RESOLVE_BENEATH_FLAG | RESOLVE_NO_SYMLINKS_FLAG | RESOLVE_NO_XDEV_FLAG);
    int unlock = 0;
    if (master < 0 || !is_on(master, DEVPTS_MAGIC) || !is_device(master, 5, 2) || ioctl(master, TIOCSPTLCK, &unlock) != 0) {
        die("open a terminal");
    }
    // the peer by descriptor: no path that the container could have replaced
    int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0 || fchown(slave, uid, (gid_t)-1) != 0) {
        die("open the terminal's other end");
    }
    report_terminal(master);
    close(master);
    return slave;
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

static void enter_binds(struct rootfs *fs, struct spec *spec) {
    struct stat root, stat;
    if (fstat(fs->root, &root) != 0) {
        die("look at the root");
    }
    for (unsigned i = 0; i < spec->mount_count; i++) {
        struct bind *bind = &spec->mounts[i];
        int target = open_target(fs->root, bind->target, bind->directory, MAX_LINKS);
        if (target < 0 || fstat(target, &stat) != 0) {
            die_about("open the mount target", bind->target);
        }
        if (is_on(target, PROC_MAGIC) || (stat.st_dev == root.st_dev && stat.st_ino == root.st_ino)) {
            errno = EINVAL;
            die_about("refuse a mount over / or /proc:", bind->target);
        }
        if (S_ISDIR(stat.st_mode) != bind->directory) {
            errno = bind->directory ? ENOTDIR : EISDIR;
            die_about("mount a directory on a file, or a file on a directory:", bind->target);
        }
        attach(bind->fd, target, bind->target);
        close(target);
    }
}

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

static void enter_masks(const struct rootfs *fs, int sys, const struct spec *spec) {
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

void rootfs_enter(struct rootfs *fs, struct spec *spec) {
    bool privileged = (spec->flags & FLAG_PRIVILEGED) != 0;
    umask(0);
    if (spec->user_namespace != NULL && syscall(NR_move_mount, fs->root, "", AT_FDCWD, ".", MOVE_FROM_EMPTY) != 0) {
        die("attach the overlay in the user namespace");
    }
    fs->proc = new_mount("proc", ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, NULL);
    place(fs, fs->proc, "proc");
    enter_dev(fs, spec);
    int sys = new_mount("sysfs", ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC | (privileged ? 0 : ATTR_RDONLY), NULL);
    place(fs, sys, "sys");
    enter_cgroups(sys, spec, ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC | (privileged ? 0 : ATTR_RDONLY));
    umask(022);
    enter_binds(fs, spec);
    int directory = open_target(fs->root, spec->directory, true, MAX_LINKS);
    if (directory < 0) {
        die_about("the working directory cannot be made, or is none that a container may have:", spec->directory);
    }
    close(directory);
    enter_masks(fs, sys, spec);
    close(sys);
    if ((spec->flags & FLAG_READ_ONLY_ROOT) != 0 && !set_attributes(fs->root, ATTR_RDONLY, 0, -1, false)) {
        die("make the root read-only");
    }
    // "." stacks the old root on the new one, from where it is taken off: no directory of the image is needed, and nothing of the host stays
    if (fchdir(fs->root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) {
        die("make the overlay the root");
    }
}
