// What a container may not see, and what it may not write.
#ifndef GANTRY_MASKS_H
#define GANTRY_MASKS_H

#include "rootfs.h"

// In the container's namespaces: covers the masked paths and makes others read-only. `sys` is its mount of sysfs.
void masks_enter(const struct rootfs *fs, int sys, const struct spec *spec);

#endif
