// The socket at which agents attach to the process. A frame is a type, three zero bytes, a length and the payload, in host byte order. Java class: LauncherConnection.
#ifndef GANTRY_CONTROL_H
#define GANTRY_CONTROL_H

#include "sys.h"

#include <poll.h>

#define CONTROL_VERSION 1u
#define CONTROL_CLIENTS 16

enum frame {
    // to the launcher
    FRAME_HELLO = 1,  // u32 version, u32 interests
    FRAME_STDIN = 2,
    FRAME_STDIN_END = 3,
    FRAME_RESIZE = 4, // u16 columns, u16 rows
    FRAME_SIGNAL = 5, // u32
    // from the launcher
    FRAME_WELCOME = 17, // u32 version
    FRAME_STDOUT = 18,
    FRAME_STDERR = 19,
    FRAME_EXIT = 20, // the exit record, as in its file
};

enum interest { INTEREST_OUTPUT = 1, INTEREST_STDIN = 2 };

// What clients ask of the process.
struct control_events {
    void (*input)(const char *data, size_t length);
    void (*input_end)(void);
    void (*resize)(uint16_t columns, uint16_t rows);
    void (*signal)(int number);
    bool (*input_ready)(void);
};

// Listens at the name in the run directory. False with errno set otherwise.
bool control_open(int directory, const char *name, const struct control_events *events);

// Adds what is to be polled; returns how many.
unsigned control_poll(struct pollfd *polled);

// Acts on what control_poll's descriptors have become.
void control_act(const struct pollfd *polled, unsigned count);

// Sends output to everyone who wants it.
void control_send(enum frame type, const char *data, size_t length);

// Whether some client cannot take more output now.
bool control_congested(void);

// Drops clients that take nothing.
void control_drop_stuck(void);

// Clients that have said hello, now and ever; and whether everything has been sent.
unsigned control_clients(void);
unsigned control_clients_ever(void);
unsigned control_stdin_leavers(void);
bool control_flushed(void);

#endif
