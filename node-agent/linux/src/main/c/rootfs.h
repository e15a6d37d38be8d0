// A container's file system, from its layers to the pivot. Every target is named by a descriptor, never by a path that could change meanwhile.
#ifndef GANTRY_ROOTFS_H
#define GANTRY_ROOTFS_H

#include "spec.h"

#define DEVICE_COUNT 6

struct rootfs {
    // detached copies of the host's device nodes, read-only: writable to a program, but not to chmod
    int devices[DEVICE_COUNT];
    // a detached copy of the pod's /dev/shm, or -1
    int shm;
    int root;
    int proc;
    int pts;
    // slave end of the terminal, or -1
    int terminal;
};

// In the launcher, in the host's mount namespace: takes detached copies of what comes from the host. Dies with a report.
void rootfs_prepare(struct rootfs *fs, struct spec *spec);

// In the launcher: gives the copies back once the container has its own.
void rootfs_release(struct rootfs *fs, struct spec *spec);

// In the container's own namespaces: everything that is mounted over the overlay, then the pivot.
void rootfs_enter(struct rootfs *fs, struct spec *spec);

#endif
