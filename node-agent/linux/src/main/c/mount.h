// Mounts by descriptor: the pieces that a container's file system is put together from. All but those that return a value die with a report.
#ifndef GANTRY_MOUNT_H
#define GANTRY_MOUNT_H

#include <sys/types.h>

#include "sys.h"

// A new mount of a kind, detached. Options are names and values in turn, ended by NULL; a NULL value makes a flag.
int new_mount(const char *type, unsigned attributes, const char *const *options);

// A detached copy of the mount, from the directory or file on; -1 on failure.
int copy_mount(int source, bool recursive);

// False on failure. `propagation` is 0 to leave it; `userns` is a user namespace to map owners to, or -1.
bool set_attributes(int mount, uint64_t set, uint64_t propagation, int userns, bool recursive);

void attach(int mount, int target, const char *what);

// Attaches on a plain directory of the root, which is made when missing.
void place(int root, int mount, const char *name);

// Makes a directory and attaches on it.
void mount_sub(int directory, const char *name, mode_t mode, int mount);

bool is_device(int fd, unsigned major, unsigned minor);

// Whether it lies on a file system of this kind.
bool is_on(int fd, long magic);

#endif
