#include "binds.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include "mount.h"
#include "report.h"

void binds_prepare(struct spec *spec, int userns) {
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
}

#define MAX_LINKS 40

static int open_linked(int root, const char *path, bool directory, int links);

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
    return open_linked(root, path, directory, links - 1);
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
static int open_linked(int root, const char *path, bool directory, int links) {
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

int open_target(int root, const char *path, bool directory) {
    return open_linked(root, path, directory, MAX_LINKS);
}

void binds_enter(const struct rootfs *fs, struct spec *spec) {
    struct stat root, stat;
    if (fstat(fs->root, &root) != 0) {
        die("look at the root");
    }
    for (unsigned i = 0; i < spec->mount_count; i++) {
        struct bind *bind = &spec->mounts[i];
        int target = open_target(fs->root, bind->target, bind->directory);
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
