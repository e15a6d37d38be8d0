#include "sys.h"

#include <stdlib.h>

int open_in(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how_args how = {flags | O_CLOEXEC, mode, resolve};
    int fd;
    do {
        fd = (int)syscall(NR_openat2, directory, path, &how, sizeof how);
    } while (fd < 0 && (errno == EAGAIN || errno == EINTR));
    return fd;
}

bool write_whole(int fd, const void *data, size_t length) {
    const char *at = data;
    while (length > 0) {
        ssize_t count = write(fd, at, length);
        if (count < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        at += count;
        length -= (size_t)count;
    }
    return true;
}

char *put_number(char *at, uint64_t value) {
    char digits[20];
    int count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (count > 0) {
        *at++ = digits[--count];
    }
    return at;
}

char *put_string(char *at, const char *end, const char *string) {
    while (*string != 0 && at < end) {
        *at++ = *string++;
    }
    return at;
}

ssize_t read_small(int directory, const char *path, char *buffer, size_t size) {
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ssize_t count = read(fd, buffer, size - 1);
    close(fd);
    if (count >= 0) {
        buffer[count] = 0;
    }
    return count;
}

uint64_t start_time_of(int pid) {
    char path[40];
    char *end = put_string(path, path + 8, "/proc/");
    end = put_number(end, (uint64_t)pid);
    strcpy(end, "/stat");
    char stat[1024];
    if (read_small(AT_FDCWD, path, stat, sizeof stat) <= 0) {
        return 0;
    }
    // the name in field 2 may hold anything: count fields from its closing parenthesis
    char *at = strrchr(stat, ')');
    for (int field = 2; at != NULL && field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}
