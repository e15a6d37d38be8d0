package dev.gantry.agent.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.image.PartialFile;
import dev.gantry.common.registry.Registry;
import dev.gantry.common.registry.RegistryException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks one registry after the other, and all of them again after a growing and scattered pause, until one answers or trying on makes no sense. */
final class Retries {
    private static final Logger LOG = LoggerFactory.getLogger(Retries.class);
    private static final int ROUNDS = 6;
    private static final long FIRST_PAUSE_MILLIS = 100;

    private final Supplier<List<Registry>> registries;
    private final RandomGenerator random;

    Retries(Supplier<List<Registry>> registries, RandomGenerator random) {
        this.registries = requireNonNull(registries, "registries is null");
        this.random = requireNonNull(random, "random is null");
    }

    @FunctionalInterface
    interface Attempt<T> {
        T at(Registry registry) throws IOException;
    }

    /** What an attempt throws that got on before it failed: it does not count. */
    static final class CutShort extends IOException {
        private static final long serialVersionUID = 1L;

        CutShort(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** @throws IOException the last failure, of which the first of a kind that helps nobody ends it at once: this host's disk, an interrupt */
    <T> T call(Attempt<T> attempt) throws IOException {
        IOException last = new IOException("no control plane is known yet");
        int round = 0;
        while (round < ROUNDS) {
            boolean passing = false;
            boolean gotOn = false;
            List<Registry> known = registries.get();
            for (Registry registry : known) {
                try {
                    return attempt.at(registry);
                } catch (CutShort e) {
                    last = cause(e);
                    gotOn = true;
                } catch (RegistryException e) {
                    last = last instanceof RegistryException before && !before.isUnknown() && e.isUnknown()
                            ? before
                            : e;
                    passing |= e.isPassing();
                } catch (PartialFile.DiskException | InterruptedIOException e) {
                    throw cause(e);
                } catch (IOException e) {
                    last = e;
                    passing = true;
                }
                LOG.debug("{} did not do: {}", registry.name(), last.getMessage());
            }
            if (gotOn) {
                round = 0;
            } else if (!passing && !known.isEmpty()) {
                break;
            } else {
                round++;
            }
            if (round < ROUNDS) {
                pause(round);
            }
        }
        throw last;
    }

    private static IOException cause(IOException wrapped) {
        return wrapped.getCause() instanceof IOException cause ? cause : wrapped;
    }

    private void pause(int round) throws InterruptedIOException {
        long ceiling = FIRST_PAUSE_MILLIS << round;
        try {
            TimeUnit.MILLISECONDS.sleep(ceiling / 2 + random.nextLong(ceiling / 2 + 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted between two tries");
        }
    }
}
