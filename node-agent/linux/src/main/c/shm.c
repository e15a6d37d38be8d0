#include "shm.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "mount.h"
#include "report.h"

// Of the holder: a file system with a directory for each /dev/shm. No other mount namespace has any of it, so none becomes dearer to copy.
static int scaffold;

void shm_begin(void) {
    const char *options[] = {"mode", "700", "size", "4096", NULL};
    scaffold = new_mount("tmpfs", ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, options);
    // over the directory of the socket, which everybody else reaches in another namespace
    if (syscall(NR_move_mount, scaffold, "", AT_FDCWD, ".", MOVE_FROM_EMPTY) != 0) {
        die("mount a file system for shared memory");
    }
}

static char *path_of(char path[static 64], uint64_t number) {
    char *end = put_number(put_string(path, path + 16, "/proc/self/fd/"), (uint64_t)scaffold);
    *end++ = '/';
    *put_number(end, number) = 0;
    return path;
}

bool shm_make(struct shm *shm, uint32_t base, uint64_t size) {
    static uint64_t numbers;
    char path[64], options[96];
    const char *end = options + sizeof options - 1;
    char *at = put_number(put_string(options, end, "mode=1777,size="), size);
    at = put_number(put_string(at, end, ",uid="), base);
    *put_number(put_string(at, end, ",gid="), base) = 0;
    shm->number = ++numbers;
    if (mkdir(path_of(path, shm->number), 0700) != 0
        || mount("shm", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) != 0) {
        return false;
    }
    shm->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return shm->fd >= 0;
}

void shm_free(struct shm *shm) {
    char path[64];
    if (shm->number != 0) {
        close(shm->fd);
        umount2(path_of(path, shm->number), MNT_DETACH);
        rmdir(path);
    }
}

// A mount can be copied only within its mount namespace (from anywhere since Linux 6.15), so the launcher visits the holder's.
int shm_copy(const char *path) {
    char namespace[64];
    const char *end = namespace + sizeof namespace - 1;
    *put_string(namespace, end, path) = 0;
    char *descriptor = strstr(namespace, "/fd/");
    int shm = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (shm < 0 || descriptor == NULL) {
        die_about("open the pod's /dev/shm", path);
    }
    *put_string(descriptor, end, "/ns/mnt") = 0;
    int theirs = open(namespace, O_RDONLY | O_CLOEXEC);
    int ours = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (theirs < 0 || ours < 0 || here < 0 || root < 0 || setns(theirs, CLONE_NEWNS) != 0) {
        die_about("visit the mount namespace", namespace);
    }
    int copy = copy_mount(shm, false);
    if (copy < 0) {
        die_about("copy the pod's /dev/shm", path);
    }
    // the root, too, as the agent had it: to join a namespace is to leave a chroot
    if (setns(ours, CLONE_NEWNS) != 0 || fchdir(root) != 0 || chroot(".") != 0 || fchdir(here) != 0) {
        die("come back from the holder's mount namespace");
    }
    close(shm);
    close(theirs);
    close(ours);
    close(here);
    close(root);
    return copy;
}
