#include "devices.h"

#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "mount.h"
#include "report.h"
#include "shm.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

static const struct {
    const char *name;
    unsigned major, minor;
} devices[DEVICE_COUNT] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};

void devices_prepare(struct rootfs *fs, const struct spec *spec) {
    if (spec->shm != NULL) {
        fs->shm = shm_copy(spec->shm);
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

void devices_enter(struct rootfs *fs, const struct spec *spec) {
    bool privileged = (spec->flags & FLAG_PRIVILEGED) != 0;
    const char *dev_options[] = {"mode", "755", "size", "65536", NULL};
    // device nodes that are made later open nothing: nodev
    int dev = new_mount("tmpfs", ATTR_NOSUID | (privileged ? 0 : ATTR_NODEV), dev_options);
    place(fs->root, dev, "dev");
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
    if (fs->shm < 0) {
        char size[24];
        *put_number(size, spec->shm_size) = 0;
        const char *shm_options[] = {"mode", "1777", "size", size, NULL};
        fs->shm = new_mount("tmpfs", ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, shm_options);
    }
    mount_sub(dev, "shm", 01777, fs->shm);
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
