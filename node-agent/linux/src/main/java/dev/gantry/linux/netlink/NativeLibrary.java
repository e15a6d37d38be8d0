package dev.gantry.linux.netlink;

import jnr.constants.platform.Errno;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import jnr.ffi.types.size_t;

/** The few functions of the C library that sockets and namespaces need. Public because jnr-ffi implements it in a class loader of its own; nobody else calls it. */
public interface NativeLibrary {
    NativeLibrary C = LibraryLoader.create(NativeLibrary.class).load("c");

    int socket(int domain, int type, int protocol);

    int bind(int descriptor, @In byte[] address, int length);

    int setsockopt(int descriptor, int level, int option, @In byte[] value, int length);

    long send(int descriptor, @In byte[] data, @size_t long length, int flags);

    long recv(int descriptor, @Out byte[] data, @size_t long length, int flags);

    int open(CharSequence path, int flags);

    int close(int descriptor);

    int unshare(int flags);

    int setns(int descriptor, int type);

    /** The last error of this thread; must be read right after the call that failed. */
    static int errno() {
        return LastError.getLastError(Runtime.getRuntime(C));
    }

    /** Such as {@code EEXIST (File exists)}. */
    static String describe(int errno) {
        Errno known = Errno.valueOf(errno);
        return known == Errno.__UNKNOWN_CONSTANT__ ? "error " + errno : known.name() + " (" + known.description() + ")";
    }
}
