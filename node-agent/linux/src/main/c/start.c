#include "start.h"

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "devices.h"
#include "identity.h"
#include "overlay.h"
#include "report.h"
#include "rootfs.h"

struct channel {
    int report[2], gate[2], out[2], err[2], in[2];
    int nothing;
};

static bool open_channel(struct channel *channel, const struct spec *spec) {
    channel->in[0] = channel->in[1] = channel->out[0] = channel->out[1] = channel->err[0] = channel->err[1] = -1;
    channel->nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool terminal = (spec->flags & FLAG_TERMINAL) != 0;
    return channel->nothing >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel->report) == 0
        && pipe2(channel->gate, O_CLOEXEC) == 0
        && (terminal || (pipe2(channel->out, O_CLOEXEC) == 0 && pipe2(channel->err, O_CLOEXEC) == 0))
        && (terminal || (spec->flags & FLAG_STDIN) == 0 || pipe2(channel->in, O_CLOEXEC) == 0);
}

// The pipes belong to the process' user, so that it can open /dev/stdout anew.
static bool give_streams(const struct channel *channel, const struct spec *spec) {
    const int streams[] = {channel->in[0], channel->out[1], channel->err[1]};
    for (int i = 0; i < 3; i++) {
        if (streams[i] >= 0 && fchown(streams[i], spec->host_uid, spec->host_gid) != 0) {
            return false;
        }
    }
    return true;
}

static void join(const char *path, int kind) {
    if (path == NULL) {
        return;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, kind) != 0) {
        die_about("join the namespace", path);
    }
    close(fd);
}

// Descriptors 0, 1 and 2.
static void connect_streams(const struct channel *channel, int terminal) {
    setsid();
    if (terminal >= 0) {
        if (ioctl(terminal, TIOCSCTTY, 0) != 0) {
            die("take the terminal");
        }
        for (int fd = 0; fd < 3; fd++) {
            dup2(terminal, fd);
        }
        return;
    }
    int streams[] = {channel->in[0] >= 0 ? channel->in[0] : channel->nothing, channel->out[1], channel->err[1]};
    for (int fd = 0; fd < 3; fd++) {
        if (dup2(streams[fd], fd) < 0) {
            die("connect the streams");
        }
    }
}

static uint64_t new_namespaces(const struct spec *spec) {
    return CLONE_NEWNS | CLONE_NEWPID | (spec->ipc == NULL ? CLONE_NEWIPC : 0)
        | (spec->uts == NULL && (spec->flags & FLAG_HOST_UTS) == 0 ? CLONE_NEWUTS : 0);
}

static _Noreturn void container(struct spec *spec, struct rootfs *fs, const struct channel *channel) {
    // the root of the cgroup namespace is the cgroup that this process is in now, so not before it was placed
    if (unshare(CLONE_NEWCGROUP) != 0) {
        die("make a cgroup namespace");
    }
    rootfs_enter(fs, spec);
    if (spec->hostname != NULL && (spec->flags & FLAG_HOST_UTS) == 0
        && sethostname(spec->hostname, strlen(spec->hostname)) != 0) {
        die("set the host name");
    }
    connect_streams(channel, fs->terminal);
    become(spec, fs->proc);
}

// As root of the user namespace that this process has joined.
static void become_root(void) {
    if (setgroups(0, NULL) != 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) {
        die("become root of the user namespace");
    }
}

static long clone_process(uint64_t flags, int signal, int cgroup) {
    struct clone_arguments arguments = {.flags = flags, .exit_signal = (uint64_t)signal};
    if (cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP_FLAG;
        arguments.cgroup = (uint64_t)cgroup;
    }
    return syscall(NR_clone3, &arguments, sizeof arguments);
}

// A process between the launcher and the container: it alone may be in another user namespace or pid namespace than its child.
static void clone_sibling(uint64_t flags) {
    long pid = clone_process(flags | CLONE_PARENT, 0, -1);
    if (pid < 0) {
        die("create the process");
    }
    if (pid > 0) {
        report_pid((int)pid);
        _exit(0);
    }
}

static _Noreturn void first_of_container(struct spec *spec, struct rootfs *fs, const struct channel *channel) {
    if (spec->user_namespace == NULL) {
        rootfs_overlay(fs, spec, -1);
        join(spec->network, CLONE_NEWNET);
        join(spec->ipc, CLONE_NEWIPC);
        join(spec->uts, CLONE_NEWUTS);
        container(spec, fs, channel);
    }
    int namespaces[3] = {-1, -1, -1};
    const char *paths[3] = {spec->network, spec->ipc, spec->uts};
    const int kinds[3] = {CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS};
    int user = open(spec->user_namespace, O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < 3; i++) {
        namespaces[i] = paths[i] == NULL ? -1 : open(paths[i], O_RDONLY | O_CLOEXEC);
        if (paths[i] != NULL && namespaces[i] < 0) {
            die_about("open the namespace", paths[i]);
        }
    }
    if (user < 0) {
        die_about("open the user namespace", spec->user_namespace);
    }
    rootfs_overlay(fs, spec, user);
    if (setns(user, CLONE_NEWUSER) != 0) {
        die_about("join the user namespace", spec->user_namespace);
    }
    become_root();
    for (int i = 0; i < 3; i++) {
        if (namespaces[i] >= 0 && setns(namespaces[i], kinds[i]) != 0) {
            die_about("join the namespace", paths[i]);
        }
    }
    clone_sibling(new_namespaces(spec));
    container(spec, fs, channel);
}

static _Noreturn void first_of_exec(struct spec *spec, int target, const struct channel *channel) {
    int kinds = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP
        | (spec->user_namespace != NULL ? CLONE_NEWUSER : 0);
    if (setns(target, kinds) != 0) {
        die("join the container");
    }
    if (spec->user_namespace != NULL) {
        become_root();
    }
    clone_sibling(0);
    int terminal = -1;
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    uint64_t resolve = RESOLVE_BENEATH_FLAG | RESOLVE_NO_SYMLINKS_FLAG;
    if ((spec->flags & FLAG_TERMINAL) != 0) {
        int pts = open_in(root, "dev/pts", O_PATH | O_DIRECTORY, 0, resolve);
        if (pts < 0) {
            die("open /dev/pts of the container");
        }
        terminal = terminal_open(pts, spec->uid);
        close(pts);
    }
    int proc = open_in(root, "proc", O_PATH | O_DIRECTORY, 0, resolve);
    connect_streams(channel, terminal);
    become(spec, proc);
}

// A pidfd of exactly the process that the agent means.
static int open_target(const struct spec *spec) {
    int target = (int)syscall(NR_pidfd_open, spec->target_pid, 0);
    if (target >= 0 && start_time_of((int)spec->target_pid) != spec->target_start) {
        close(target);
        errno = ESRCH;
        return -1;
    }
    return target;
}

static const char *place(const struct spec *spec, int pid) {
    char number[24];
    char *end = put_number(number, (uint64_t)pid);
    for (unsigned i = 0; i < spec->cgroups.count; i++) {
        int directory = open(spec->cgroups.at[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        int fd = openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC);
        bool placed = fd >= 0 && write_whole(fd, number, (size_t)(end - number));
        close(fd);
        close(directory);
        if (!placed) {
            return "place the process in its cgroup";
        }
    }
    if (spec->oom_score != 0 || (spec->flags & FLAG_EXEC) == 0) {
        char path[48];
        strcpy(put_number(put_string(path, path + 8, "/proc/"), (uint64_t)pid), "/oom_score_adj");
        char score[16], *at = score;
        int64_t value = spec->oom_score;
        if (value < 0) {
            *at++ = '-';
            value = -value;
        }
        at = put_number(at, (uint64_t)value);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        bool set = fd >= 0 && write_whole(fd, score, (size_t)(at - score));
        // below the launcher's own it takes CAP_SYS_RESOURCE: without, the score stays
        if (!set && errno != EACCES && errno != EPERM) {
            close(fd);
            return "set the OOM score of the process";
        }
        close(fd);
    }
    return NULL;
}

static void close_both(const int pair[2]) {
    close(pair[0]);
    close(pair[1]);
}

static void reap(int pid) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

static const char *await_exec(struct spec *spec, struct started *started, int first, int socket, int *error) {
    static struct report failure;
    bool failed = false;
    bool sibling = (spec->flags & FLAG_EXEC) != 0 || spec->user_namespace != NULL;
    struct report report;
    started->pid = sibling ? 0 : first;
    while (report_receive(socket, &report, &started->out)) {
        if (report.kind == REPORT_PID) {
            started->pid = report.value;
        } else if (report.kind == REPORT_ERROR && !failed) {
            failed = true;
            failure = report;
        }
    }
    if (sibling) {
        reap(first);
    }
    if (!failed && started->pid != 0) {
        started->start_time = start_time_of(started->pid);
        return NULL;
    }
    if (started->pid != 0) {
        kill(started->pid, SIGKILL);
        reap(started->pid);
    }
    *error = failed ? failure.value : EIO;
    return failed ? failure.text : "the process ended before it executed its program";
}

const char *start_process(struct spec *spec, struct started *started, int *error) {
    bool exec = (spec->flags & FLAG_EXEC) != 0;
    struct channel channel;
    struct rootfs fs = {.shm = -1, .root = -1, .proc = -1, .pts = -1, .terminal = -1};
    *error = 0;
    if (!open_channel(&channel, spec) || !give_streams(&channel, spec)) {
        *error = errno;
        return "make pipes";
    }
    int target = exec ? open_target(spec) : -1;
    if (exec && target < 0) {
        *error = errno;
        return "find the container's process";
    }
    int cgroup = spec->cgroup2 == NULL ? -1 : open(spec->cgroup2, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (spec->cgroup2 != NULL && cgroup < 0) {
        *error = errno;
        return "open the cgroup of version 2";
    }
    // what is inherited on the way is not for others in the container to see or trace; execve makes it normal again
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!exec) {
        rootfs_prepare(&fs, spec);
    }
    uint64_t namespaces = exec ? 0 : spec->user_namespace != NULL ? CLONE_NEWNS : new_namespaces(spec);
    long pid = clone_process(namespaces, SIGCHLD, cgroup);
    if (pid < 0) {
        *error = errno;
        return "create the process";
    }
    if (pid == 0) {
        report_fd = channel.report[1];
        close(channel.report[0]);
        close(channel.gate[1]);
        char go;
        if (read(channel.gate[0], &go, 1) != 1) {
            _exit(127);
        }
        close(channel.gate[0]);
        if (exec) {
            first_of_exec(spec, target, &channel);
        }
        first_of_container(spec, &fs, &channel);
    }
    close(channel.report[1]);
    close(target);
    close(cgroup);
    close(channel.out[1]);
    close(channel.err[1]);
    close(channel.in[0]);
    const char *problem = place(spec, (int)pid);
    if (problem != NULL) {
        *error = errno;
        kill((int)pid, SIGKILL);
        reap((int)pid);
        return problem;
    }
    (void)!write(channel.gate[1], "g", 1);
    close_both(channel.gate);
    started->out = channel.out[0];
    started->err = channel.err[0];
    started->in = channel.in[1];
    problem = await_exec(spec, started, (int)pid, channel.report[0], error);
    close(channel.report[0]);
    close(channel.nothing);
    if (!exec) {
        rootfs_release(&fs, spec);
    }
    return problem;
}
