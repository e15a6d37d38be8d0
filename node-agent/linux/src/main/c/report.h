// How a process on its way into the container tells its launcher what went wrong, which pid it got, and its terminal.
#ifndef GANTRY_REPORT_H
#define GANTRY_REPORT_H

#include "sys.h"

enum report_kind { REPORT_ERROR = 1, REPORT_PID = 2, REPORT_TERMINAL = 3 };

struct report {
    int32_t kind;
    int32_t value;
    char text[200];
};

// The socket to the launcher, set once in each process that has one. The launcher itself has none, and says it to the agent instead.
extern int report_fd;
extern void (*report_failure)(int error, const char *text);

// Reports errno with what was tried, and ends this process.
_Noreturn void die(const char *what);

// As die, naming the subject too.
_Noreturn void die_about(const char *what, const char *subject);

void report_pid(int pid);

void report_terminal(int master);

// Receives one report; false at the end. A terminal that came along is stored in *fd.
bool report_receive(int socket, struct report *report, int *fd);

#endif
