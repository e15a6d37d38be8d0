#include "report.h"

#include <sys/socket.h>

int report_fd = -1;
void (*report_failure)(int error, const char *text);

void die(const char *what) {
    die_about(what, "");
}

void die_about(const char *what, const char *subject) {
    struct report report = {.kind = REPORT_ERROR, .value = errno};
    char *end = report.text + sizeof report.text - 1;
    char *at = put_string(report.text, end, what);
    if (*subject != 0) {
        at = put_string(at, end, " ");
        put_string(at, end, subject);
    }
    if (report_fd >= 0) {
        (void)!write(report_fd, &report, sizeof report);
    } else {
        report_failure(report.value, report.text);
    }
    _exit(127);
}

void report_pid(int pid) {
    struct report report = {.kind = REPORT_PID, .value = pid};
    if (!write_whole(report_fd, &report, sizeof report)) {
        _exit(127);
    }
}

void report_terminal(int master) {
    struct report report = {.kind = REPORT_TERMINAL};
    struct iovec part = {&report, sizeof report};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &master, sizeof master);
    if (sendmsg(report_fd, &message, 0) < 0) {
        die("hand over the terminal");
    }
}

bool report_receive(int socket, struct report *report, int *fd) {
    struct iovec part = {report, sizeof *report};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t count;
    do {
        count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (count < 0 && errno == EINTR);
    if (count != (ssize_t)sizeof *report) {
        return false;
    }
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
        memcpy(fd, CMSG_DATA(header), sizeof *fd);
    }
    report->text[sizeof report->text - 1] = 0;
    return true;
}
