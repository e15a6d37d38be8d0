#include "control.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define OUT_SIZE 65536
// room for one more read of a pipe in frames
#define OUT_FULL (OUT_SIZE - 8192)
#define IN_SIZE 8200

struct client {
    int fd;
    uint32_t interests;
    bool greeted;
    char *out;
    size_t out_length;
    char *in;
    size_t in_length;
};

static struct client clients[CONTROL_CLIENTS];
static unsigned client_count, ever, stdin_leavers;
static int listener = -1;
static const struct control_events *events;

bool control_open(int directory, const char *name, const struct control_events *handlers) {
    events = handlers;
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    // through the descriptor: a run directory may have a longer path than the 108 bytes of an address
    char *end = put_string(address.sun_path, address.sun_path + 32, "/proc/self/fd/");
    end = put_number(end, (uint64_t)directory);
    *end++ = '/';
    *put_string(end, address.sun_path + sizeof address.sun_path - 1, name) = 0;
    unlinkat(directory, name, 0);
    mode_t mask = umask(077);
    bool bound = listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 16) == 0;
    umask(mask);
    return bound;
}

static void drop(unsigned index) {
    struct client *client = &clients[index];
    if (client->greeted && (client->interests & INTEREST_STDIN) != 0) {
        stdin_leavers++;
    }
    close(client->fd);
    free(client->out);
    free(client->in);
    clients[index] = clients[--client_count];
}

static void accept_client(void) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        return;
    }
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (client_count == CONTROL_CLIENTS || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0
        || peer.uid != geteuid()) {
        close(fd);
        return;
    }
    struct client *client = &clients[client_count];
    *client = (struct client){.fd = fd, .out = malloc(OUT_SIZE), .in = malloc(IN_SIZE)};
    if (client->out == NULL || client->in == NULL) {
        free(client->out);
        free(client->in);
        close(fd);
        return;
    }
    client_count++;
}

// False when the client is gone.
static bool flush_client(struct client *client) {
    while (client->out_length > 0) {
        ssize_t count = send(client->fd, client->out, client->out_length, MSG_NOSIGNAL);
        if (count < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        client->out_length -= (size_t)count;
        memmove(client->out, client->out + count, client->out_length);
    }
    return true;
}

static bool queue(struct client *client, enum frame type, const char *data, size_t length) {
    if (client->out_length + 8 + length > OUT_SIZE) {
        return false;
    }
    uint32_t head[2] = {(uint32_t)type, (uint32_t)length};
    memcpy(client->out + client->out_length, head, 8);
    memcpy(client->out + client->out_length + 8, data, length);
    client->out_length += 8 + length;
    return flush_client(client);
}

// False when the client breaks the protocol.
static bool take_frame(struct client *client, uint32_t type, const char *payload, size_t length) {
    if (!client->greeted) {
        uint32_t hello[2];
        if (type != FRAME_HELLO || length < sizeof hello) {
            return false;
        }
        memcpy(hello, payload, sizeof hello);
        uint32_t version = CONTROL_VERSION;
        client->interests = hello[1];
        client->greeted = true;
        ever++;
        return hello[0] == CONTROL_VERSION && queue(client, FRAME_WELCOME, (const char *)&version, sizeof version);
    }
    switch (type) {
    case FRAME_STDIN:
        if ((client->interests & INTEREST_STDIN) != 0) {
            events->input(payload, length);
        }
        return true;
    case FRAME_STDIN_END:
        if ((client->interests & INTEREST_STDIN) != 0) {
            events->input_end();
        }
        return true;
    case FRAME_RESIZE: {
        uint16_t size[2];
        if (length != sizeof size) {
            return false;
        }
        memcpy(size, payload, sizeof size);
        events->resize(size[0], size[1]);
        return true;
    }
    case FRAME_SIGNAL: {
        uint32_t number;
        if (length != sizeof number) {
            return false;
        }
        memcpy(&number, payload, sizeof number);
        events->signal((int)number);
        return true;
    }
    default: return false;
    }
}

// False when the client is gone. Frames stay in the buffer while the process takes no input.
static bool read_client(struct client *client, bool receive) {
    if (receive) {
        ssize_t count = recv(client->fd, client->in + client->in_length, IN_SIZE - client->in_length, 0);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
            return false;
        }
        client->in_length += count > 0 ? (size_t)count : 0;
    }
    size_t at = 0;
    while (client->in_length - at >= 8 && events->input_ready()) {
        uint32_t head[2];
        memcpy(head, client->in + at, 8);
        if (head[1] > IN_SIZE - 8) {
            return false;
        }
        if (client->in_length - at - 8 < head[1]) {
            break;
        }
        if (!take_frame(client, head[0], client->in + at + 8, head[1])) {
            return false;
        }
        at += 8 + head[1];
    }
    client->in_length -= at;
    memmove(client->in, client->in + at, client->in_length);
    return true;
}

unsigned control_poll(struct pollfd *polled) {
    unsigned count = 0;
    polled[count++] = (struct pollfd){listener, POLLIN, 0};
    for (unsigned i = 0; i < client_count; i++) {
        short wanted = clients[i].in_length < IN_SIZE && events->input_ready() ? POLLIN : 0;
        polled[count++] = (struct pollfd){clients[i].fd, (short)(wanted | (clients[i].out_length > 0 ? POLLOUT : 0)), 0};
    }
    return count;
}

void control_act(const struct pollfd *polled, unsigned count) {
    for (unsigned i = count; i-- > 1;) {
        struct client *client = &clients[i - 1];
        short what = polled[i].revents;
        bool alive = (what & POLLOUT) == 0 || flush_client(client);
        if (alive && (what & POLLIN) == 0 && (what & (POLLHUP | POLLERR)) != 0) {
            alive = false;
        }
        if (alive) {
            alive = read_client(client, (what & POLLIN) != 0);
        }
        if (!alive) {
            drop(i - 1);
        }
    }
    if (polled[0].revents != 0) {
        accept_client();
    }
}

void control_send(enum frame type, const char *data, size_t length) {
    for (unsigned i = client_count; i-- > 0;) {
        if (clients[i].greeted && ((clients[i].interests & INTEREST_OUTPUT) != 0 || type == FRAME_EXIT)
            && !queue(&clients[i], type, data, length)) {
            drop(i);
        }
    }
}

bool control_congested(void) {
    for (unsigned i = 0; i < client_count; i++) {
        if (clients[i].out_length > OUT_FULL) {
            return true;
        }
    }
    return false;
}

void control_drop_stuck(void) {
    for (unsigned i = client_count; i-- > 0;) {
        if (clients[i].out_length > OUT_FULL) {
            drop(i);
        }
    }
}

unsigned control_clients(void) {
    unsigned count = 0;
    for (unsigned i = 0; i < client_count; i++) {
        count += clients[i].greeted;
    }
    return count;
}

unsigned control_clients_ever(void) {
    return ever;
}

unsigned control_stdin_leavers(void) {
    return stdin_leavers;
}

bool control_flushed(void) {
    for (unsigned i = 0; i < client_count; i++) {
        if (clients[i].out_length > 0) {
            return false;
        }
    }
    return true;
}
