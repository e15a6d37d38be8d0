// Brings a process into being: in new namespaces for a container, in a container's for an exec.
#ifndef GANTRY_START_H
#define GANTRY_START_H

#include "spec.h"

struct started {
    int pid;
    uint64_t start_time;
    // read ends of its output; with a terminal out is the terminal itself and err is -1
    int out, err;
    // write end of its input, or -1
    int in;
};

// Starts the process and returns once it has executed its program. NULL, or what went wrong, with the error number in *error.
const char *start_process(struct spec *spec, struct started *started, int *error);

#endif
