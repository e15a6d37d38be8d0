// System calls and constants that Debian 12's musl lacks, and the few helpers that every file uses.
#ifndef GANTRY_SYS_H
#define GANTRY_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NR_pidfd_send_signal 424
#define NR_open_tree 428
#define NR_move_mount 429
#define NR_fsopen 430
#define NR_fsconfig 431
#define NR_fsmount 432
#define NR_pidfd_open 434
#define NR_clone3 435
#define NR_close_range 436
#define NR_openat2 437
#define NR_mount_setattr 442

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
#define CLONE_INTO_CGROUP_FLAG 0x200000000ull

#define RESOLVE_NO_XDEV_FLAG 0x01
#define RESOLVE_NO_MAGICLINKS_FLAG 0x02
#define RESOLVE_NO_SYMLINKS_FLAG 0x04
#define RESOLVE_BENEATH_FLAG 0x08
#define RESOLVE_IN_ROOT_FLAG 0x10

#define ATTR_RDONLY 0x1
#define ATTR_NOSUID 0x2
#define ATTR_NODEV 0x4
#define ATTR_NOEXEC 0x8
#define ATTR_IDMAP 0x100000

#define OPEN_TREE_CLONE_FLAG 1
#define MOVE_FROM_EMPTY 0x04
#define MOVE_TO_EMPTY 0x40

#define PROC_MAGIC 0x9fa0
#define DEVPTS_MAGIC 0x1cd1

struct open_how_args {
    uint64_t flags, mode, resolve;
};

struct clone_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

struct mount_attributes {
    uint64_t set, clear, propagation, userns;
};

// Opens a path beneath (or, with RESOLVE_IN_ROOT, inside) a directory. EAGAIN means that a rename raced: tried again.
int open_in(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

// Writes all of it; false with errno set otherwise.
bool write_whole(int fd, const void *data, size_t length);

// Writes a decimal number and returns the end of it.
char *put_number(char *at, uint64_t value);

// Copies a string without its NUL, never past `end`, and returns the end of the copy.
char *put_string(char *at, const char *end, const char *string);

// Field 22 of /proc/PID/stat, or 0.
uint64_t start_time_of(int pid);

// Reads a small file whole, NUL-terminated; -1 on failure.
ssize_t read_small(int directory, const char *path, char *buffer, size_t size);

#endif
