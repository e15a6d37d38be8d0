package dev.gantry.controlplane.zookeeper;

import java.io.IOException;

/** One life of the embedded server. */
interface Run {
    /**
     * Returns when the server has stopped, by {@link #close} or by itself.
     *
     * @param started called once it takes clients
     */
    void run(Runnable started) throws IOException;

    /** May come before the server has begun. */
    void close();
}
