// A pod's /dev/shm: the holder keeps it, in a mount namespace of its own, and each launcher takes a copy of the mount.
#ifndef GANTRY_SHM_H
#define GANTRY_SHM_H

#include "sys.h"

struct shm {
    // of the mount's root, or -1
    int fd;
    // of the directory that it is mounted on; 0 for none
    uint64_t number;
};

// In the holder, once: makes room over the current directory. Dies with a report.
void shm_begin(void);

// In the holder: makes a tmpfs that belongs to root of the user namespace with this base. False with errno set on failure.
bool shm_make(struct shm *shm, uint32_t base, uint64_t size);

// In the holder: lets it go; what is in it stays while a container has it.
void shm_free(struct shm *shm);

// In the launcher: a detached copy, given the holder's descriptor as /proc/PID/fd/N. The current directory stays. Dies with a report.
int shm_copy(const char *path);

#endif
