#include "identity.h"

#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "report.h"

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_RAISE 2
#define PR_CAP_AMBIENT_CLEAR_ALL 4
#endif

struct filter_program {
    uint16_t length;
    const void *instructions;
};

static void set_limits(const struct spec *spec) {
    for (unsigned i = 0; i < spec->limit_count; i++) {
        struct rlimit limit = {spec->limits[i].soft, spec->limits[i].hard};
        if (setrlimit((int)spec->limits[i].resource, &limit) == 0) {
            continue;
        }
        if (errno != EPERM) {
            die("set a resource limit");
        }
        // without CAP_SYS_RESOURCE a hard limit cannot rise: keep it, and go as far as it goes
        struct rlimit present;
        if (getrlimit((int)spec->limits[i].resource, &present) == 0) {
            present.rlim_cur = limit.rlim_cur < present.rlim_max ? limit.rlim_cur : present.rlim_max;
            setrlimit((int)spec->limits[i].resource, &present);
        }
    }
}

// Writes to a file of this process' own in a /proc that is surely one: the path has no link, and nothing is mounted on it.
static void write_attribute(int proc, const char *attribute, const char *value) {
    char path[64];
    char *end = put_number(path, (uint64_t)getpid());
    strcpy(end, attribute);
    int fd = open_in(proc, path, O_WRONLY, 0, RESOLVE_BENEATH_FLAG | RESOLVE_NO_SYMLINKS_FLAG | RESOLVE_NO_XDEV_FLAG);
    if (fd < 0 || !write_whole(fd, value, strlen(value))) {
        die_about("the host cannot apply the security label", value);
    }
    close(fd);
}

static void set_labels(const struct spec *spec, int proc) {
    char label[512];
    if (spec->apparmor != NULL) {
        char *end = put_string(label, label + sizeof label - 1, "exec ");
        *put_string(end, label + sizeof label - 1, spec->apparmor) = 0;
        write_attribute(proc, "/attr/apparmor/exec", label);
    }
    if (spec->selinux != NULL) {
        write_attribute(proc, "/attr/exec", spec->selinux);
    }
}

static void set_filter(const struct spec *spec) {
    if (spec->filter == NULL) {
        return;
    }
    struct filter_program program = {(uint16_t)(spec->filter_length / 8), spec->filter};
    if (syscall(SYS_seccomp, 1, 0, &program) != 0) {
        die("install the system call filter");
    }
}

static void set_ids(const struct spec *spec) {
    for (int capability = 0; capability < 64; capability++) {
        if ((spec->bounding >> capability & 1) == 0 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno == EINVAL) {
            break;
        }
    }
    if (setgroups(spec->group_count, spec->groups) != 0) {
        die("set the groups");
    }
    if (setresgid(spec->gid, spec->gid, spec->gid) != 0) {
        die("set the group");
    }
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || setresuid(spec->uid, spec->uid, spec->uid) != 0) {
        die("set the user");
    }
    // the kernel clears it in every change of ids, so only now
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        die("tie the process to its launcher");
    }
}

static void set_capabilities(const struct spec *spec) {
    struct {
        uint32_t version;
        int pid;
    } header = {0x20080522, 0};
    struct {
        uint32_t effective, permitted, inheritable;
    } data[2];
    if (syscall(SYS_capget, &header, data) != 0) {
        die("read the capabilities");
    }
    for (int i = 0; i < 2; i++) {
        // what the agent itself lacks, nobody can be given
        data[i].effective = data[i].permitted = data[i].permitted & (uint32_t)(spec->permitted >> 32 * i);
        data[i].inheritable = data[i].permitted & (uint32_t)(spec->inheritable >> 32 * i);
    }
    if (syscall(SYS_capset, &header, data) != 0) {
        die("set the capabilities");
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int capability = 0; capability < 64; capability++) {
        if ((spec->ambient >> capability & 1) != 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) {
            die("raise an ambient capability");
        }
    }
}

// A working directory outside the root (through a descriptor that leaked, /proc/self/fd) would be an escape: magic links are refused, and the result is looked at.
static void enter_directory(const struct spec *spec) {
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int directory = root < 0
        ? -1
        : open_in(root, spec->directory, O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT_FLAG | RESOLVE_NO_MAGICLINKS_FLAG);
    if (directory < 0 || fchdir(directory) != 0) {
        die_about("enter the working directory", spec->directory);
    }
    char name[4096];
    if (syscall(SYS_getcwd, name, sizeof name) < 0 || name[0] != '/') {
        errno = EXDEV;
        die_about("refuse a working directory outside the container:", spec->directory);
    }
    close(directory);
    close(root);
}

static const char *path_of(const struct spec *spec) {
    for (unsigned i = 0; i < spec->environment.count; i++) {
        if (strncmp(spec->environment.at[i], "PATH=", 5) == 0) {
            return spec->environment.at[i] + 5;
        }
    }
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

static _Noreturn void execute(const struct spec *spec) {
    char *const *arguments = spec->arguments.at;
    char *const *environment = spec->environment.at;
    const char *name = arguments[0];
    if (strchr(name, '/') != NULL) {
        execve(name, arguments, environment);
        die_about("execute", name);
    }
    int error = ENOENT;
    for (const char *path = path_of(spec);; path++) {
        size_t length = strcspn(path, ":");
        char candidate[4096];
        if (*name != 0 && length + strlen(name) + 2 < sizeof candidate) {
            memcpy(candidate, path, length);
            candidate[length] = '/';
            strcpy(candidate + length + 1, name);
            execve(length == 0 ? name : candidate, arguments, environment);
            if (errno != ENOENT && errno != ENOTDIR) {
                error = errno;
            }
        }
        path += length;
        if (*path == 0) {
            break;
        }
    }
    errno = error;
    die_about("find in the PATH of the container:", name);
}

void become(const struct spec *spec, int proc) {
    bool locked = (spec->flags & FLAG_NO_NEW_PRIVILEGES) != 0;
    // also what leaked: nothing but 0, 1 and 2 reaches the program
    if (syscall(NR_close_range, 3, ~0u, 4) != 0) {
        die("close descriptors");
    }
    umask(022);
    set_limits(spec);
    set_labels(spec, proc);
    if (!locked) {
        set_filter(spec); // needs CAP_SYS_ADMIN, which is about to go
    }
    set_ids(spec);
    set_capabilities(spec);
    enter_directory(spec);
    // the launcher may have ended before it was tied to
    struct pollfd launcher = {report_fd, POLLRDHUP, 0};
    if (poll(&launcher, 1, 0) != 0) {
        _exit(127);
    }
    for (int number = 1; number < 65; number++) {
        signal(number, SIG_DFL); // an agent under nohup ignores SIGHUP, a container does not
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (locked) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
            die("forbid new privileges");
        }
        set_filter(spec);
    }
    execute(spec);
}
