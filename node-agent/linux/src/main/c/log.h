// The container's log in the CRI format: "TIME STREAM F|P LINE", rotated by size. Kubernetes documents it under "Logging Architecture".
#ifndef GANTRY_LOG_H
#define GANTRY_LOG_H

#include "sys.h"

// A path of NULL makes a log that keeps nothing.
void log_open(const char *path, uint64_t bytes, uint32_t files);

// Takes output of a stream (0 stdout, 1 stderr). Lines over 8 KiB are written in parts.
void log_write(int stream, const char *data, size_t length);

// Writes what has no newline yet.
void log_flush(void);

#endif
