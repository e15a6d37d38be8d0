#include "spec.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

static char *image;
static size_t image_length;

struct record {
    uint32_t tag, length;
    char *value;
};

// The next record, or false at the end or when the rest is malformed.
static bool next(size_t *at, struct record *record) {
    if (image_length - *at < 8) {
        return false;
    }
    memcpy(&record->tag, image + *at, 4);
    memcpy(&record->length, image + *at + 4, 4);
    record->value = image + *at + 8;
    if (image_length - *at - 8 < record->length) {
        return false;
    }
    *at += 8 + (size_t)record->length;
    return true;
}

static bool is_string(const struct record *record) {
    return record->length > 0 && record->value[record->length - 1] == 0;
}

static bool is_text(uint32_t tag) {
    switch (tag) {
    case TAG_LOG_LIMITS:
    case TAG_USER:
    case TAG_GROUP:
    case TAG_CAPABILITIES:
    case TAG_LIMIT:
    case TAG_OOM_SCORE:
    case TAG_SECCOMP:
    case TAG_TARGET:
    case TAG_FLAGS:
    case TAG_SHM_SIZE:
        return false;
    default:
        return true;
    }
}

static bool allocate(struct strings *strings, unsigned count) {
    strings->at = calloc(count + 1, sizeof *strings->at);
    return strings->at != NULL;
}

static void add(struct strings *strings, char *value) {
    strings->at[strings->count++] = value;
}

static bool number(const struct record *record, void *target, uint32_t size) {
    if (record->length != size) {
        return false;
    }
    memcpy(target, record->value, size);
    return true;
}

static bool take_mount(struct spec *spec, const struct record *record) {
    // flags, source, target
    struct bind *bind = &spec->mounts[spec->mount_count++];
    if (record->length < 7) {
        return false;
    }
    memcpy(&bind->flags, record->value, 4);
    bind->source = record->value + 4;
    size_t source = strlen(bind->source) + 1;
    if (4 + source >= record->length) {
        return false;
    }
    bind->target = record->value + 4 + source;
    bind->fd = -1;
    return true;
}

static bool take(struct spec *spec, const struct record *record) {
    char *value = record->value;
    switch (record->tag) {
    case TAG_ARGUMENT: add(&spec->arguments, value); return true;
    case TAG_ENVIRONMENT: add(&spec->environment, value); return true;
    case TAG_LAYER: add(&spec->layers, value); return true;
    case TAG_CGROUP: add(&spec->cgroups, value); return true;
    case TAG_LAUNCHER_CGROUP: add(&spec->launcher_cgroups, value); return true;
    case TAG_CGROUP_MOUNT: add(&spec->cgroup_mounts, value); return true;
    case TAG_MASKED: add(&spec->masked, value); return true;
    case TAG_READ_ONLY: add(&spec->read_only, value); return true;
    case TAG_SYSCTL: add(&spec->sysctls, value); return strchr(value, '=') != NULL;
    case TAG_UPPER: spec->upper = value; return true;
    case TAG_WORK: spec->work = value; return true;
    case TAG_CGROUP2: spec->cgroup2 = value; return true;
    case TAG_LOG: spec->log = value; return true;
    case TAG_HOSTNAME: spec->hostname = value; return true;
    case TAG_DIRECTORY: spec->directory = value; return true;
    case TAG_APPARMOR: spec->apparmor = value; return true;
    case TAG_SELINUX: spec->selinux = value; return true;
    case TAG_NETWORK: spec->network = value; return true;
    case TAG_IPC: spec->ipc = value; return true;
    case TAG_UTS: spec->uts = value; return true;
    case TAG_USER_NAMESPACE: spec->user_namespace = value; return true;
    case TAG_OOM_FILE: spec->oom_file = value; return true;
    case TAG_SHM: spec->shm = value; return true;
    case TAG_LOG_LIMITS: {
        struct {
            uint64_t bytes, files;
        } limits;
        if (!number(record, &limits, sizeof limits)) {
            return false;
        }
        spec->log_bytes = limits.bytes;
        spec->log_files = (uint32_t)limits.files;
        return true;
    }
    case TAG_USER: {
        uint32_t ids[4];
        if (!number(record, ids, sizeof ids)) {
            return false;
        }
        spec->uid = ids[0];
        spec->gid = ids[1];
        spec->host_uid = ids[2];
        spec->host_gid = ids[3];
        return true;
    }
    case TAG_GROUP: return number(record, &spec->groups[spec->group_count++], 4);
    case TAG_CAPABILITIES: {
        uint64_t sets[4];
        if (!number(record, sets, sizeof sets)) {
            return false;
        }
        spec->bounding = sets[0];
        spec->permitted = sets[1];
        spec->inheritable = sets[2];
        spec->ambient = sets[3];
        return true;
    }
    case TAG_LIMIT: return number(record, &spec->limits[spec->limit_count++], sizeof(struct limit));
    case TAG_OOM_SCORE: return number(record, &spec->oom_score, 4);
    case TAG_SECCOMP:
        spec->filter = value;
        spec->filter_length = record->length;
        return record->length % 8 == 0;
    case TAG_MOUNT: return take_mount(spec, record);
    case TAG_TARGET: {
        uint64_t target[2];
        if (!number(record, target, sizeof target)) {
            return false;
        }
        spec->target_pid = (uint32_t)target[0];
        spec->target_start = target[1];
        return true;
    }
    case TAG_FLAGS: return number(record, &spec->flags, 4);
    case TAG_SHM_SIZE: return number(record, &spec->shm_size, 8);
    default: return false;
    }
}

const char *spec_read(int fd, struct spec *spec) {
    struct stat stat;
    if (fstat(fd, &stat) != 0 || stat.st_size < 16) {
        return "the spec is too short";
    }
    image_length = (size_t)stat.st_size;
    image = mmap(NULL, image_length, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (image == MAP_FAILED) {
        return "the spec cannot be mapped";
    }
    uint32_t head[2];
    memcpy(head, image, sizeof head);
    if (head[0] != SPEC_MAGIC) {
        return "the spec has no magic number";
    }
    if (head[1] != SPEC_VERSION) {
        return "the spec is of a version that this launcher does not know";
    }
    unsigned counts[TAG_COUNT] = {0};
    struct record record = {0};
    size_t at = sizeof head;
    while (next(&at, &record) && record.tag != TAG_END) {
        if (record.tag >= TAG_COUNT || (is_text(record.tag) && !is_string(&record))) {
            return "the spec has a malformed record";
        }
        counts[record.tag]++;
    }
    if (record.tag != TAG_END) {
        return "the spec ends too early";
    }
    spec->groups = calloc(counts[TAG_GROUP] + 1, sizeof *spec->groups);
    spec->limits = calloc(counts[TAG_LIMIT] + 1, sizeof *spec->limits);
    spec->mounts = calloc(counts[TAG_MOUNT] + 1, sizeof *spec->mounts);
    if (spec->groups == NULL || spec->limits == NULL || spec->mounts == NULL
        || !allocate(&spec->arguments, counts[TAG_ARGUMENT]) || !allocate(&spec->environment, counts[TAG_ENVIRONMENT])
        || !allocate(&spec->layers, counts[TAG_LAYER]) || !allocate(&spec->cgroups, counts[TAG_CGROUP])
        || !allocate(&spec->launcher_cgroups, counts[TAG_LAUNCHER_CGROUP])
        || !allocate(&spec->cgroup_mounts, counts[TAG_CGROUP_MOUNT]) || !allocate(&spec->masked, counts[TAG_MASKED])
        || !allocate(&spec->read_only, counts[TAG_READ_ONLY]) || !allocate(&spec->sysctls, counts[TAG_SYSCTL])) {
        return "out of memory";
    }
    at = sizeof head;
    while (next(&at, &record) && record.tag != TAG_END) {
        if (!take(spec, &record)) {
            return "the spec has a malformed value";
        }
    }
    return spec->arguments.count == 0 ? "the spec names no program" : NULL;
}

void spec_forget(struct spec *spec) {
    munmap(image, image_length);
    free(spec->environment.at);
    free(spec->arguments.at);
    spec->environment = spec->arguments = (struct strings){0};
}
