/**
 * System call filters: a profile as data, and its translation into a program for the kernel by libseccomp. Which profile a container gets is decided elsewhere.
 */
@NullMarked
package dev.gantry.linux.seccomp;

import org.jspecify.annotations.NullMarked;
