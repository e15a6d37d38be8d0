// The launcher's orders: a flat file of records (tag, length, value), in host byte order, after a magic number and a version. Java class: LaunchSpec.
#ifndef GANTRY_SPEC_H
#define GANTRY_SPEC_H

#include "sys.h"

#define SPEC_MAGIC 0x52544e47u // "GNTR"
#define SPEC_VERSION 1u

enum tag {
    TAG_END = 0,
    TAG_ARGUMENT = 1,
    TAG_ENVIRONMENT = 2,
    TAG_LAYER = 3,
    TAG_UPPER = 4,
    TAG_WORK = 5,
    TAG_CGROUP = 6,
    TAG_CGROUP2 = 7,
    TAG_LAUNCHER_CGROUP = 8,
    TAG_CGROUP_MOUNT = 9,
    TAG_LOG = 10,
    TAG_LOG_LIMITS = 11,
    TAG_HOSTNAME = 12,
    TAG_DIRECTORY = 13,
    TAG_USER = 14,
    TAG_GROUP = 15,
    TAG_CAPABILITIES = 16,
    TAG_LIMIT = 17,
    TAG_OOM_SCORE = 18,
    TAG_SECCOMP = 19,
    TAG_APPARMOR = 20,
    TAG_SELINUX = 21,
    TAG_MASKED = 22,
    TAG_READ_ONLY = 23,
    TAG_MOUNT = 24,
    TAG_NETWORK = 25,
    TAG_IPC = 26,
    TAG_UTS = 27,
    TAG_USER_NAMESPACE = 28,
    TAG_OOM_FILE = 29,
    TAG_TARGET = 30,
    TAG_FLAGS = 31,
    TAG_SHM_SIZE = 32,
    TAG_SHM = 33,
    TAG_SYSCTL = 34,
    TAG_COUNT
};

enum flag {
    FLAG_NO_NEW_PRIVILEGES = 1,
    FLAG_TERMINAL = 2,
    FLAG_STDIN = 4,
    FLAG_STDIN_ONCE = 8,
    FLAG_READ_ONLY_ROOT = 16,
    FLAG_PRIVILEGED = 32,
    FLAG_HOST_UTS = 64,
    // Output waits for the first client, and is never dropped while one is there.
    FLAG_HOLD_OUTPUT = 128,
    // The process is killed when its last client goes.
    FLAG_KILL_ON_DETACH = 256,
    FLAG_EXEC = 512,
};

enum mount_flag {
    MOUNT_READ_ONLY = 1,
    MOUNT_SLAVE = 2,
    MOUNT_SHARED = 4,
    MOUNT_IDMAPPED = 8,
    MOUNT_DEVICES = 16,
};

struct bind {
    const char *source, *target;
    uint32_t flags;
    // set up by the launcher: a detached copy of the source
    int fd;
    bool directory;
};

struct limit {
    uint32_t resource, unused;
    uint64_t soft, hard;
};

struct strings {
    char **at; // NULL-terminated
    unsigned count;
};

struct spec {
    struct strings arguments, environment, layers, cgroups, launcher_cgroups, cgroup_mounts, masked, read_only, sysctls;
    const char *upper, *work, *cgroup2, *log, *hostname, *directory, *apparmor, *selinux, *network, *ipc, *uts, *user_namespace,
        *oom_file;
    // /proc/PID/fd/N of the process that holds the pod's /dev/shm in its mount namespace; NULL for one of this container's own
    const char *shm;
    uint64_t log_bytes;
    uint32_t log_files;
    uint32_t uid, gid;
    // the same user outside the user namespace
    uint32_t host_uid, host_gid;
    uint32_t *groups;
    unsigned group_count;
    // bounding, permitted and effective, inheritable, ambient
    uint64_t bounding, permitted, inheritable, ambient;
    struct limit *limits;
    unsigned limit_count;
    int32_t oom_score;
    const void *filter;
    uint32_t filter_length;
    struct bind *mounts;
    unsigned mount_count;
    uint32_t target_pid;
    uint64_t target_start;
    uint32_t flags;
    uint64_t shm_size;
};

// Reads a spec from a descriptor, which may be closed then. Returns NULL, or what is wrong with it.
const char *spec_read(int fd, struct spec *spec);

// Frees the memory that the process's secrets were in.
void spec_forget(struct spec *spec);

#endif
