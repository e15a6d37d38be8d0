// Who a process is and what it may do: limits, labels, ids, capabilities, the system call filter, and at last the program.
#ifndef GANTRY_IDENTITY_H
#define GANTRY_IDENTITY_H

#include "spec.h"

// Turns this process into the program of the spec. Descriptors 0, 1 and 2 are in place; `proc` is a /proc mount of its pid namespace, or -1.
_Noreturn void become(const struct spec *spec, int proc);

#endif
