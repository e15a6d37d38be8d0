// The container's /dev and its terminals.
#ifndef GANTRY_DEVICES_H
#define GANTRY_DEVICES_H

#include "rootfs.h"

// In the launcher: takes detached copies of the host's six basic device nodes, and of the pod's /dev/shm.
void devices_prepare(struct rootfs *fs, const struct spec *spec);

// In the container's namespaces: mounts /dev with all that is in it, and opens the terminal if there is to be one.
void devices_enter(struct rootfs *fs, const struct spec *spec);

// Opens a terminal of a devpts instance: reports the master, returns the slave.
int terminal_open(int pts, uint32_t uid);

#endif
