// The parent of one container: a small program that outlives the agent. It has mechanism and no policy; docs/launcher.md tells the rest.
//
// Descriptors: 0 the spec, 1 where the start is reported, 2 the run directory, 3 a locked file whose lock says that this process lives.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>

#include "control.h"
#include "holder.h"
#include "log.h"
#include "report.h"
#include "spec.h"
#include "start.h"
#include "supervise.h"

static int status_fd, directory;

static void tell_failure(int error, const char *text) {
    char line[256];
    const char *end = line + sizeof line - 1;
    char *at = put_number(put_string(line, end, "E "), (uint64_t)error);
    *at++ = ' ';
    at = put_string(at, end, text);
    *at++ = '\n';
    (void)!write(status_fd, line, (size_t)(at - line));
}

// "gantry-started 1", "launcher PID START", "process PID START", "started MILLIS": in a file for the next agent, and in one line for this one.
static void tell_started(const struct started *started) {
    char text[256];
    const char *end = text + sizeof text;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char *at = put_string(text, end, "gantry-started 1\nlauncher ");
    at = put_number(at, (uint64_t)getpid());
    *at++ = ' ';
    at = put_number(at, start_time_of(getpid()));
    at = put_string(at, end, "\nprocess ");
    at = put_number(at, (uint64_t)started->pid);
    *at++ = ' ';
    at = put_number(at, started->start_time);
    at = put_string(at, end, "\nstarted ");
    at = put_number(at, (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
    *at++ = '\n';
    int fd = openat(directory, "started.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && write_whole(fd, text, (size_t)(at - text))) {
        renameat(directory, "started.new", directory, "started");
    }
    close(fd);
    (void)!write(status_fd, "S\n", 2);
    (void)!write(status_fd, text, (size_t)(at - text));
}

static bool leave_agents_cgroup(char *const *cgroups) {
    for (; *cgroups != NULL; cgroups++) {
        int cgroup = open(*cgroups, O_PATH | O_DIRECTORY | O_CLOEXEC);
        int fd = openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
        bool moved = fd >= 0 && write_whole(fd, "0", 1);
        close(fd);
        close(cgroup);
        if (!moved) {
            return false;
        }
    }
    return true;
}

// Out of the way of what the C library and the program expect at 0 to 2, and nothing else is inherited: a JVM leaks sockets.
static bool take_descriptors(void) {
    if (syscall(NR_close_range, 4, ~0u, 0) != 0) {
        return false;
    }
    status_fd = fcntl(1, F_DUPFD_CLOEXEC, 10);
    directory = fcntl(2, F_DUPFD_CLOEXEC, 10);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    return status_fd >= 0 && directory >= 0;
}

static void quiet_streams(void) {
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; fd++) {
        dup2(nothing, fd);
    }
    close(nothing);
}

static int signals(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigset_t wanted;
    sigemptyset(&wanted);
    const int forwarded[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    for (unsigned i = 0; i < sizeof forwarded / sizeof *forwarded; i++) {
        sigaddset(&wanted, forwarded[i]);
    }
    return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(void) {
    struct spec spec = {0};
    const char *problem = spec_read(0, &spec);
    if (problem != NULL) {
        tell_failure(EINVAL, problem);
        return 1;
    }
    quiet_streams();
    int signal_fd = signals();
    if (fchdir(directory) != 0 || signal_fd < 0) {
        tell_failure(errno, "enter the run directory");
        return 1;
    }
    if (!leave_agents_cgroup(spec.launcher_cgroups.at)) {
        tell_failure(errno, "leave the agent's cgroup");
        return 1;
    }
    if (!control_open(directory, "control", &process_events)) {
        tell_failure(errno, "listen at the control socket");
        return 1;
    }
    struct started started = {0};
    int error;
    problem = start_process(&spec, &started, &error);
    if (problem != NULL) {
        tell_failure(error, problem);
        return 1;
    }
    log_open(spec.log, spec.log_bytes, spec.log_files);
    tell_started(&started);
    close(status_fd);
    supervise(&spec, &started, directory, signal_fd);
    return 0;
}

int main(int count, char **arguments) {
    bool holder = count > 1 && strcmp(arguments[1], "holder") == 0;
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    if (!take_descriptors()) {
        return 1;
    }
    setsid();
    report_failure = tell_failure;
    if (holder) {
        quiet_streams();
        if (!leave_agents_cgroup(arguments + 2)) {
            tell_failure(errno, "leave the agent's cgroup");
            return 1;
        }
        return holder_run(directory, status_fd);
    }
    return run();
}
