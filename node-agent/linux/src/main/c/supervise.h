// The launcher's life after the start: copies output, serves clients, forwards signals, reaps, writes the exit record.
#ifndef GANTRY_SUPERVISE_H
#define GANTRY_SUPERVISE_H

#include "start.h"

// The handlers of the control socket.
struct control_events;
extern const struct control_events process_events;

// Returns when the process has ended and its record is written. `signals` is a signalfd of SIGCHLD and what is forwarded.
void supervise(const struct spec *spec, const struct started *started, int directory, int signals);

#endif
