#include "supervise.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "control.h"
#include "log.h"

#define RECORD_VERSION "gantry-exit 1\n"
// how long a client may take nothing while a container's output waits for it, and how long the end waits for clients
#define STUCK_MILLIS 5000
#define LAST_WORDS_MILLIS 10000

static struct {
    int pid, in, out[2];
    bool terminal, ended, exec;
    char pending[8192];
    size_t pending_length, pending_at;
    bool close_input;
    int status_code, status;
    uint64_t finished_millis;
} process;

static uint64_t millis(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void end_input(void) {
    if (process.terminal) {
        // what a person's Ctrl-D does
        if (process.in >= 0) {
            (void)!write(process.in, "\4", 1);
        }
    } else if (process.in >= 0) {
        close(process.in);
        process.in = -1;
    }
    process.close_input = false;
}

static void flush_input(void) {
    while (process.pending_length > 0 && process.in >= 0) {
        ssize_t count = write(process.in, process.pending + process.pending_at, process.pending_length);
        if (count < 0) {
            if (errno == EAGAIN || errno == EINTR) {
                return;
            }
            process.pending_length = 0; // nobody reads any more
            break;
        }
        process.pending_at += (size_t)count;
        process.pending_length -= (size_t)count;
    }
    process.pending_at = 0;
    if (process.in < 0) {
        process.pending_length = 0;
    }
    if (process.pending_length == 0 && process.close_input) {
        end_input();
    }
}

static void on_input(const char *data, size_t length) {
    if (process.in < 0) {
        return;
    }
    if (length > sizeof process.pending) {
        length = sizeof process.pending;
    }
    memcpy(process.pending, data, length);
    process.pending_at = 0;
    process.pending_length = length;
    flush_input();
}

static void on_input_end(void) {
    process.close_input = true;
    flush_input();
}

static bool on_input_ready(void) {
    return process.pending_length == 0;
}

static void on_resize(uint16_t columns, uint16_t rows) {
    struct winsize size = {.ws_col = columns, .ws_row = rows};
    if (process.terminal) {
        ioctl(process.out[0], TIOCSWINSZ, &size);
    }
}

static void on_signal(int number) {
    if (!process.ended) {
        kill(process.pid, number);
    }
}

const struct control_events process_events = {on_input, on_input_end, on_resize, on_signal, on_input_ready};

static void close_output(int stream) {
    if (process.terminal && process.in == process.out[stream]) {
        process.in = -1;
    }
    close(process.out[stream]);
    process.out[stream] = -1;
}

// Reads once; false when there is nothing (more) now.
static bool pump(int stream) {
    char buffer[4096];
    ssize_t count = read(process.out[stream], buffer, sizeof buffer);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (count <= 0) { // a terminal's end is EIO
        close_output(stream);
        return false;
    }
    log_write(stream, buffer, (size_t)count);
    control_send(stream == 0 ? FRAME_STDOUT : FRAME_STDERR, buffer, (size_t)count);
    return true;
}

static uint64_t oom_kills(const char *path) {
    char text[512];
    if (path == NULL || read_small(AT_FDCWD, path, text, sizeof text) <= 0) {
        return 0;
    }
    const char *found = strstr(text, "oom_kill ");
    return found == NULL ? 0 : strtoull(found + 9, NULL, 10);
}

// "gantry-exit 1", then "exited CODE" or "killed SIGNAL", "finished MILLIS", "oom-kills COUNT"
static size_t make_record(const struct spec *spec, char *record, size_t size) {
    const char *end = record + size;
    char *at = put_string(record, end, RECORD_VERSION);
    at = put_string(at, end, process.status_code == CLD_EXITED ? "exited " : "killed ");
    at = put_number(at, (uint64_t)process.status);
    at = put_string(at, end, "\nfinished ");
    at = put_number(at, process.finished_millis);
    at = put_string(at, end, "\noom-kills ");
    at = put_number(at, oom_kills(spec->oom_file));
    *at++ = '\n';
    return (size_t)(at - record);
}

static void write_record(int directory, const char *record, size_t length) {
    int fd = openat(directory, "exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && write_whole(fd, record, length)) {
        renameat(directory, "exit.new", directory, "exit");
    }
    close(fd);
}

static void reap(void) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)process.pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid == process.pid) {
        process.ended = true;
        process.status_code = info.si_code;
        process.status = info.si_status;
        process.finished_millis = millis(CLOCK_REALTIME);
    }
}

static void take_signals(int signals) {
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            reap();
        } else {
            on_signal((int)info.ssi_signo);
        }
    }
}

static void kill_session(void) {
    kill(-process.pid, SIGKILL);
    kill(process.pid, SIGKILL);
}

// Whether output may be read now, given who has to take it.
static bool may_read(const struct spec *spec, uint64_t *stuck_since) {
    if ((spec->flags & FLAG_HOLD_OUTPUT) != 0 && control_clients_ever() == 0) {
        return false;
    }
    if (!control_congested()) {
        *stuck_since = 0;
        return true;
    }
    if ((spec->flags & FLAG_HOLD_OUTPUT) != 0) {
        return false;
    }
    // a container with a log does not wait for ever for somebody who only looks on
    uint64_t now = millis(CLOCK_MONOTONIC);
    if (*stuck_since == 0) {
        *stuck_since = now;
    } else if (now - *stuck_since > STUCK_MILLIS) {
        control_drop_stuck();
    }
    return false;
}

static void serve(const struct spec *spec, int signals, bool reading, bool finishing, int timeout) {
    struct pollfd polled[4 + 1 + CONTROL_CLIENTS];
    polled[0] = (struct pollfd){signals, POLLIN, 0};
    polled[1] = (struct pollfd){reading ? process.out[0] : -1, POLLIN, 0};
    polled[2] = (struct pollfd){reading ? process.out[1] : -1, POLLIN, 0};
    polled[3] = (struct pollfd){process.pending_length > 0 ? process.in : -1, POLLOUT, 0};
    unsigned count = control_poll(polled + 4);
    if (poll(polled, 4 + count, timeout) < 0) {
        return;
    }
    if (polled[3].revents != 0) {
        flush_input();
    }
    control_act(polled + 4, count);
    for (int stream = 0; stream < 2; stream++) {
        if (polled[1 + stream].revents != 0 && process.out[stream] >= 0) {
            pump(stream);
        }
    }
    if (polled[0].revents != 0) {
        take_signals(signals);
    }
    if (finishing) {
        return;
    }
    if ((spec->flags & FLAG_STDIN_ONCE) != 0 && control_stdin_leavers() > 0 && process.in >= 0) {
        on_input_end();
    }
}

static bool drained(bool reading) {
    // with its writers gone, a pipe that is empty stays so; a background process that holds one open is not waited for
    bool more = false;
    for (int stream = 0; reading && stream < 2; stream++) {
        while (process.out[stream] >= 0 && !control_congested() && pump(stream)) {
        }
        more |= process.out[stream] >= 0 && control_congested();
    }
    return reading && !more;
}

void supervise(const struct spec *spec, const struct started *started, int directory, int signals) {
    process.pid = started->pid;
    process.terminal = (spec->flags & FLAG_TERMINAL) != 0;
    process.exec = (spec->flags & FLAG_EXEC) != 0;
    process.out[0] = started->out;
    process.out[1] = started->err;
    process.in = process.terminal ? started->out : started->in;
    for (int stream = 0; stream < 2; stream++) {
        if (process.out[stream] >= 0) {
            fcntl(process.out[stream], F_SETFL, O_NONBLOCK);
        }
    }
    if (process.in >= 0) {
        fcntl(process.in, F_SETFL, O_NONBLOCK);
    }
    uint64_t stuck_since = 0;
    uint64_t start = millis(CLOCK_MONOTONIC);
    uint64_t end_since = 0;
    reap(); // a SIGCHLD may have come while the start waited
    while (true) {
        bool reading = may_read(spec, &stuck_since);
        if (process.ended) {
            uint64_t now = millis(CLOCK_MONOTONIC);
            end_since = end_since == 0 ? now : end_since;
            bool nobody = (spec->flags & FLAG_HOLD_OUTPUT) != 0 && now - end_since > LAST_WORDS_MILLIS;
            if (drained(reading) || nobody) {
                break;
            }
        }
        if ((spec->flags & FLAG_KILL_ON_DETACH) != 0 && !process.ended && control_clients() == 0
            && (control_clients_ever() > 0 || millis(CLOCK_MONOTONIC) - start > LAST_WORDS_MILLIS)) {
            kill_session();
        }
        bool hurry = process.ended || stuck_since != 0
            || ((spec->flags & FLAG_KILL_ON_DETACH) != 0 && control_clients() == 0);
        serve(spec, signals, reading, process.ended, hurry ? 200 : -1);
    }
    log_flush();
    char record[160];
    size_t length = make_record(spec, record, sizeof record);
    write_record(directory, record, length);
    control_send(FRAME_EXIT, record, length);
    uint64_t last = millis(CLOCK_MONOTONIC) + LAST_WORDS_MILLIS;
    while (!control_flushed() && millis(CLOCK_MONOTONIC) < last) {
        serve(spec, signals, false, true, 200);
    }
}
