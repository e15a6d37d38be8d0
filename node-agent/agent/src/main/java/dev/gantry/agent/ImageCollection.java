package dev.gantry.agent;

import static java.util.Objects.requireNonNull;

import dev.gantry.agent.image.DiskImageStore.Collected;
import dev.gantry.agent.image.ImageCollector;
import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks now and then whether images must make room. */
final class ImageCollection implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ImageCollection.class);
    private static final long PERIOD_SECONDS = 60;

    private final ImageCollector collector;
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("image-collection").factory());

    ImageCollection(ImageCollector collector) {
        this.collector = requireNonNull(collector, "collector is null");
    }

    void start() {
        executor.scheduleWithFixedDelay(this::collect, PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
    }

    private void collect() {
        try {
            Collected collected = collector.collectIfNeeded();
            if (!collected.images().isEmpty() || collected.layers() > 0) {
                log.info("Collected images: {}", collected);
            }
        } catch (IOException | RuntimeException e) {
            log.warn("Images could not be collected; trying again in {} s", PERIOD_SECONDS, e);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
