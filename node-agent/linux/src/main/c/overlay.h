// The union of an image's layers and the container's own, writable one.
#ifndef GANTRY_OVERLAY_H
#define GANTRY_OVERLAY_H

#include "rootfs.h"

// In a mount namespace of its own with the host's rights: mounts the overlay. The current directory is the run directory.
// With a user namespace the layers are mapped to it, and the result is detached, to be attached in "." of the namespace.
void rootfs_overlay(struct rootfs *fs, const struct spec *spec, int user_namespace);

#endif
