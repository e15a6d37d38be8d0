#include "holder.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "report.h"
#include "shm.h"
#include "sys.h"

#define CLIENTS 8
#define REQUEST 256
#define NAME 64

// A request is a line, "create NAME BASE SHM-SIZE", "rename NAME NAME", "release NAME", "list", "version" or "end"; the reply is lines, the last one "ok" or "error NUMBER TEXT".
// Namespaces are told as "NAME BASE NET IPC UTS USER SHM", the last five being descriptors of this process: of namespaces, and of the mount that is the pod's /dev/shm.
struct held {
    struct held *next;
    char name[NAME];
    uint32_t base;
    int net, ipc, uts, user;
    struct shm shm;
};

static struct held *all;

struct connection {
    int fd;
    char request[REQUEST];
    size_t length;
};

static struct held *find(const char *name) {
    for (struct held *held = all; held != NULL; held = held->next) {
        if (strcmp(held->name, name) == 0) {
            return held;
        }
    }
    return NULL;
}

static int open_namespace(int pid, const char *kind) {
    char path[48];
    char *end = put_number(put_string(path, path + 8, "/proc/"), (uint64_t)pid);
    end = put_string(end, path + 40, "/ns/");
    *put_string(end, path + 47, kind) = 0;
    return open(path, O_RDONLY | O_CLOEXEC);
}

static bool write_map(int pid, const char *file, uint32_t base) {
    char path[48], map[48];
    char *end = put_number(put_string(path, path + 8, "/proc/"), (uint64_t)pid);
    *put_string(end, path + 47, file) = 0;
    end = put_number(put_string(map, map + 8, "0 "), base);
    end = put_string(end, map + 47, " 65536\n");
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write_whole(fd, map, (size_t)(end - map));
    int error = errno;
    close(fd);
    errno = error;
    return written;
}

static void let_go(struct held *held) {
    shm_free(&held->shm);
    close(held->net);
    close(held->ipc);
    close(held->uts);
    close(held->user);
    free(held);
}

// A child in new namespaces lives only until they are opened.
static struct held *create(const char *name, uint32_t base, uint64_t shm_size) {
    struct held *held = calloc(1, sizeof *held);
    int gate[2];
    if (held == NULL || pipe2(gate, O_CLOEXEC) != 0) {
        free(held);
        return NULL;
    }
    struct clone_arguments arguments = {
        .flags = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | (base != 0 ? CLONE_NEWUSER : 0), .exit_signal = SIGCHLD};
    long pid = syscall(NR_clone3, &arguments, sizeof arguments);
    if (pid == 0) {
        char end;
        close(gate[1]);
        (void)!read(gate[0], &end, 1);
        _exit(0);
    }
    close(gate[0]);
    held->net = held->ipc = held->uts = held->user = held->shm.fd = -1;
    held->base = base;
    bool made = pid > 0 && (base == 0 || (write_map((int)pid, "/uid_map", base) && write_map((int)pid, "/gid_map", base)));
    if (made) {
        held->net = open_namespace((int)pid, "net");
        held->ipc = open_namespace((int)pid, "ipc");
        held->uts = open_namespace((int)pid, "uts");
        held->user = base != 0 ? open_namespace((int)pid, "user") : -1;
        made = held->net >= 0 && held->ipc >= 0 && held->uts >= 0 && (base == 0 || held->user >= 0)
            && shm_make(&held->shm, base, shm_size);
    }
    int error = errno;
    close(gate[1]);
    if (pid > 0) {
        while (waitpid((int)pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    if (!made) {
        let_go(held);
        errno = error;
        return NULL;
    }
    strcpy(held->name, name);
    held->next = all;
    all = held;
    return held;
}

static void release(const char *name) {
    for (struct held **at = &all; *at != NULL; at = &(*at)->next) {
        if (strcmp((*at)->name, name) == 0) {
            struct held *held = *at;
            *at = held->next;
            let_go(held);
            return;
        }
    }
}

// A client that does not read its reply is cut off by the send time-out; then the next one is served.
static void reply(int fd, const char *text, size_t length) {
    while (length > 0) {
        ssize_t count = send(fd, text, length, MSG_NOSIGNAL);
        if (count <= 0) {
            return;
        }
        text += count;
        length -= (size_t)count;
    }
}

static void reply_ok(int fd) {
    reply(fd, "ok\n", 3);
}

static void reply_error(int fd, int error, const char *text) {
    char line[160];
    const char *end = line + sizeof line - 1;
    char *at = put_number(put_string(line, end, "error "), (uint64_t)error);
    *at++ = ' ';
    at = put_string(at, end, text);
    *at++ = '\n';
    reply(fd, line, (size_t)(at - line));
}

static char *put_descriptor(char *at, int fd) {
    *at++ = ' ';
    if (fd < 0) {
        *at++ = '-';
        return at;
    }
    return put_number(at, (uint64_t)fd);
}

static void reply_held(int fd, const struct held *held) {
    char line[NAME + 96];
    char *at = put_string(line, line + NAME, held->name);
    at = put_descriptor(at, (int)held->base);
    at = put_descriptor(put_descriptor(put_descriptor(put_descriptor(at, held->net), held->ipc), held->uts), held->user);
    at = put_descriptor(at, held->shm.fd);
    *at++ = '\n';
    reply(fd, line, (size_t)(at - line));
}

static bool good_name(const char *name) {
    size_t length = strlen(name);
    return length > 0 && length < NAME
        && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == length;
}

// False when this process shall end.
static bool serve(int fd, char *line) {
    char *words[4] = {line, "", "", ""};
    for (int i = 1; i < 4; i++) {
        char *space = strchr(words[i - 1], ' ');
        if (space == NULL) {
            break;
        }
        *space = 0;
        words[i] = space + 1;
    }
    const char *verb = words[0];
    if (strcmp(verb, "version") == 0) {
        // of the protocol, and the pid in whose /proc the descriptors are
        char version[32];
        char *at = put_number(put_string(version, version + 4, "1 "), (uint64_t)getpid());
        *at++ = '\n';
        reply(fd, version, (size_t)(at - version));
    } else if (strcmp(verb, "list") == 0) {
        for (struct held *held = all; held != NULL; held = held->next) {
            reply_held(fd, held);
        }
    } else if (strcmp(verb, "end") == 0) {
        reply_ok(fd);
        return false;
    } else if (!good_name(words[1])) {
        reply_error(fd, EINVAL, "not a request that this holder knows, or not a name");
        return true;
    } else if (strcmp(verb, "create") == 0) {
        uint32_t base = (uint32_t)strtoul(words[2], NULL, 10);
        struct held *held = find(words[1]);
        if (held != NULL && held->base != base) {
            reply_error(fd, EEXIST, "the name is taken with another user namespace");
            return true;
        }
        held = held == NULL ? create(words[1], base, strtoull(words[3], NULL, 10)) : held;
        if (held == NULL) {
            reply_error(fd, errno, "the namespaces could not be made");
            return true;
        }
        reply_held(fd, held);
    } else if (strcmp(verb, "rename") == 0) {
        struct held *held = find(words[1]);
        if (held == NULL || !good_name(words[2]) || find(words[2]) != NULL) {
            reply_error(fd, held == NULL ? ENOENT : EEXIST, "the name is unknown, or the new one taken or none");
            return true;
        }
        strcpy(held->name, words[2]);
        reply_held(fd, held);
    } else if (strcmp(verb, "release") == 0) {
        release(words[1]);
    } else {
        reply_error(fd, EINVAL, "not a request that this holder knows");
        return true;
    }
    reply_ok(fd);
    return true;
}

static int listen_in(int directory) {
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *end = put_number(put_string(address.sun_path, address.sun_path + 32, "/proc/self/fd/"), (uint64_t)directory);
    strcpy(end, "/holder");
    unlinkat(directory, "holder", 0);
    umask(077);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0) {
        return -1;
    }
    return listener;
}

static int accept_peer(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (fd >= 0 && (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.uid != geteuid())) {
        close(fd);
        return -1;
    }
    struct timeval limit = {5, 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return fd;
}

// False when this process shall end; *closed tells that the client has gone.
static bool receive(struct connection *connection, bool *closed) {
    ssize_t count = recv(connection->fd, connection->request + connection->length, REQUEST - connection->length, 0);
    *closed = count <= 0;
    connection->length += count > 0 ? (size_t)count : 0;
    char *newline;
    while ((newline = memchr(connection->request, '\n', connection->length)) != NULL) {
        *newline = 0;
        bool go_on = serve(connection->fd, connection->request);
        size_t used = (size_t)(newline - connection->request) + 1;
        connection->length -= used;
        memmove(connection->request, newline + 1, connection->length);
        if (!go_on) {
            return false;
        }
    }
    *closed |= connection->length == REQUEST;
    return true;
}

static void tell_started(int status) {
    char line[64];
    char *at = put_number(put_string(line, line + 4, "S "), (uint64_t)getpid());
    *at++ = ' ';
    at = put_number(at, start_time_of(getpid()));
    *at++ = '\n';
    (void)!write(status, line, (size_t)(at - line));
}

int holder_run(int directory, int status) {
    prctl(PR_SET_NAME, "gantry-holder", 0, 0, 0);
    // of its own, so that nothing that is unmounted on the host stays busy in here
    if (fchdir(directory) != 0 || unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) {
        die("make a mount namespace for the holder");
    }
    shm_begin();
    int listener = listen_in(directory);
    if (listener < 0) {
        die("listen at the holder's socket");
    }
    tell_started(status);
    close(status);
    for (int number = 1; number < 32; number++) {
        if (number != SIGCHLD) {
            signal(number, SIG_IGN); // it ends when told to, not with a terminal or a service
        }
    }
    static struct connection connections[CLIENTS];
    unsigned count = 0;
    while (true) {
        struct pollfd polled[1 + CLIENTS] = {{count < CLIENTS ? listener : -1, POLLIN, 0}};
        for (unsigned i = 0; i < count; i++) {
            polled[1 + i] = (struct pollfd){connections[i].fd, POLLIN, 0};
        }
        if (poll(polled, 1 + count, -1) < 0) {
            continue;
        }
        for (unsigned i = count; i-- > 0;) {
            bool closed = false;
            if (polled[1 + i].revents != 0 && !receive(&connections[i], &closed)) {
                unlinkat(directory, "holder", 0);
                return 0;
            }
            if (closed) {
                close(connections[i].fd);
                connections[i] = connections[--count];
            }
        }
        if (polled[0].revents != 0) {
            int fd = accept_peer(listener);
            if (fd >= 0) {
                connections[count++] = (struct connection){.fd = fd};
            }
        }
    }
}
