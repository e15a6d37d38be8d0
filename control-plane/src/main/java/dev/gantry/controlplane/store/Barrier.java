package dev.gantry.controlplane.store;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * A small write whose zxid stands for "now": everything acknowledged to anyone before it was sent lies before it. ({@code sync()} and a read would not do:
 * a deposed server answers both.) One write is shared by all that wait when it is sent; who comes while it is under way waits for the next. Safe for use
 * by many threads.
 */
final class Barrier {
    private final Connection connection;
    private @Nullable CompletableFuture<Long> underWay;
    private @Nullable CompletableFuture<Long> next;
    private long writes;

    Barrier(Connection connection) {
        this.connection = requireNonNull(connection, "connection is null");
    }

    /** @return a zxid taken after this call began */
    long take(Duration timeout) {
        CompletableFuture<Long> joined = join();
        try {
            return joined.get(Math.max(1, timeout.toNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new StoreException.Unavailable("the store did not answer within %s".formatted(timeout), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException.Unavailable("interrupted while waiting for the store", e);
        } catch (ExecutionException e) {
            throw new StoreException.Unavailable("the store is not reachable: the read can't be made current", e);
        }
    }

    /** How many writes there have been. */
    synchronized long writes() {
        return writes;
    }

    private synchronized CompletableFuture<Long> join() {
        if (next == null) {
            next = new CompletableFuture<>();
        }
        CompletableFuture<Long> joined = next;
        if (underWay == null) {
            send();
        }
        return joined;
    }

    private void send() {
        CompletableFuture<Long> sent = requireNonNull(next, "next is null");
        underWay = sent;
        next = null;
        writes++;
        try {
            connection
                    .handle()
                    .setData(
                            StorePaths.BARRIER,
                            new byte[0],
                            -1,
                            (rc, path, context, stat) -> answered(sent, rc, stat),
                            null);
        } catch (StoreException.Unavailable e) {
            answered(sent, Code.CONNECTIONLOSS.intValue(), null);
        }
    }

    private void answered(CompletableFuture<Long> sent, int rc, @Nullable Stat stat) {
        synchronized (this) {
            underWay = null;
            if (next != null) {
                send();
            }
        }
        if (stat != null && rc == Code.OK.intValue()) {
            sent.complete(stat.getMzxid());
        } else {
            sent.completeExceptionally(new CompletionException(KeeperException.create(Code.get(rc))));
        }
    }
}
