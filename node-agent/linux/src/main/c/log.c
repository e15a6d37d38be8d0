#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>

#define LINE 8192

static const char *log_path;
static uint64_t limit, written;
static uint32_t kept;
static int log_fd = -1;
static char line[2][LINE];
static size_t filled[2];
static uint64_t lost;

static void open_file(void) {
    log_fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0640);
    written = log_fd < 0 ? 0 : (uint64_t)lseek(log_fd, 0, SEEK_END);
}

void log_open(const char *path, uint64_t bytes, uint32_t files) {
    log_path = path;
    limit = bytes;
    kept = files;
    if (path != NULL) {
        open_file();
    }
}

static void name_of(char *name, size_t size, uint32_t number) {
    char *end = put_string(name, name + size - 16, log_path);
    if (number > 0) {
        *end++ = '.';
        end = put_number(end, number);
    }
    *end = 0;
}

static void rotate(void) {
    char from[4200], to[4200];
    for (uint32_t number = kept; number-- > 0;) {
        name_of(from, sizeof from, number);
        if (number + 1 >= kept) {
            unlink(from);
        } else {
            name_of(to, sizeof to, number + 1);
            rename(from, to);
        }
    }
    close(log_fd);
    open_file();
}

// "2006-01-02T15:04:05.123456789Z "
static char *put_time(char *at) {
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    const int values[] = {parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec};
    static const char separators[] = "--T::.";
    for (int i = 0; i < 6; i++) {
        int width = i == 0 ? 4 : 2;
        int value = values[i];
        for (int digit = width - 1; digit >= 0; digit--, value /= 10) {
            at[digit] = (char)('0' + value % 10);
        }
        at += width;
        *at++ = separators[i];
    }
    long nanos = now.tv_nsec;
    for (int digit = 8; digit >= 0; digit--, nanos /= 10) {
        at[digit] = (char)('0' + nanos % 10);
    }
    at += 9;
    *at++ = 'Z';
    *at++ = ' ';
    return at;
}

static bool put_line(int stream, const char *data, size_t length, bool whole) {
    char head[64];
    char *end = put_time(head);
    end = put_string(end, head + sizeof head, stream == 0 ? "stdout " : "stderr ");
    end = put_string(end, head + sizeof head, whole ? "F " : "P ");
    struct iovec parts[] = {{head, (size_t)(end - head)}, {(void *)data, length}, {"\n", 1}};
    size_t total = parts[0].iov_len + length + 1;
    ssize_t count;
    do {
        count = writev(log_fd, parts, 3);
    } while (count < 0 && errno == EINTR);
    if (count != (ssize_t)total) {
        // a full disk: no half lines, readers would take them for something else
        if (count > 0) {
            (void)!ftruncate(log_fd, (off_t)written);
        }
        return false;
    }
    written += total;
    return true;
}

static void log_line(int stream, const char *data, size_t length, bool whole) {
    if (log_path == NULL) {
        return;
    }
    if (log_fd < 0) {
        open_file();
    }
    if (limit > 0 && kept > 0 && written >= limit) {
        rotate();
    }
    if (lost > 0) {
        char notice[96];
        char *end = put_number(notice, lost);
        end = put_string(end, notice + sizeof notice, " lines of output are missing here: the log could not be written");
        if (log_fd < 0 || !put_line(1, notice, (size_t)(end - notice), true)) {
            lost++;
            return;
        }
        lost = 0;
    }
    if (log_fd < 0 || !put_line(stream, data, length, whole)) {
        lost++;
    }
}

void log_write(int stream, const char *data, size_t length) {
    while (length > 0) {
        size_t room = LINE - filled[stream];
        const char *newline = memchr(data, '\n', length < room ? length : room);
        if (newline != NULL) {
            size_t count = (size_t)(newline - data);
            memcpy(line[stream] + filled[stream], data, count);
            log_line(stream, line[stream], filled[stream] + count, true);
            filled[stream] = 0;
            data += count + 1;
            length -= count + 1;
        } else {
            size_t count = length < room ? length : room;
            memcpy(line[stream] + filled[stream], data, count);
            filled[stream] += count;
            data += count;
            length -= count;
            if (filled[stream] == LINE) {
                log_line(stream, line[stream], LINE, false);
                filled[stream] = 0;
            }
        }
    }
}

void log_flush(void) {
    for (int stream = 0; stream < 2; stream++) {
        if (filled[stream] > 0) {
            log_line(stream, line[stream], filled[stream], false);
            filled[stream] = 0;
        }
    }
}
