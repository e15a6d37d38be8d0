// Volumes and other directories and files of the host in a container.
#ifndef GANTRY_BINDS_H
#define GANTRY_BINDS_H

#include "rootfs.h"

// In the launcher: takes detached copies of the sources, mapped to the user namespace where the spec says so.
void binds_prepare(struct spec *spec, int userns);

// In the container's namespaces: attaches them.
void binds_enter(const struct rootfs *fs, struct spec *spec);

// Opens a path in the container, with links resolved inside it; makes it, with its parents, when missing. -1 on failure.
int open_target(int root, const char *path, bool directory);

#endif
