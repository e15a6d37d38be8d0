package dev.gantry.agent.build;

import com.google.protobuf.ByteString;
import dev.gantry.wire.build.v1.BuildWarning;
import dev.gantry.wire.build.v1.FromBuilder;
import dev.gantry.wire.build.v1.StepFinished;
import dev.gantry.wire.build.v1.StepOutput;
import dev.gantry.wire.build.v1.StepStarted;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** Events of stages that run side by side, one at a time. */
final class StepEvents {
    private final Consumer<FromBuilder> consumer;
    private final int steps;
    private final ReentrantLock lock = new ReentrantLock();

    StepEvents(Consumer<FromBuilder> consumer, int steps) {
        this.consumer = consumer;
        this.steps = steps;
    }

    void started(int step, String stage, String instruction) {
        send(FromBuilder.newBuilder()
                .setStepStarted(StepStarted.newBuilder()
                        .setStep(step)
                        .setSteps(steps)
                        .setStage(stage)
                        .setInstruction(instruction)));
    }

    void output(int step, boolean stderr, byte[] output) {
        send(FromBuilder.newBuilder()
                .setStepOutput(StepOutput.newBuilder()
                        .setStep(step)
                        .setStderr(stderr)
                        .setOutput(ByteString.copyFrom(output))));
    }

    void finished(int step, boolean cached, long millis) {
        send(FromBuilder.newBuilder()
                .setStepFinished(StepFinished.newBuilder()
                        .setStep(step)
                        .setCached(cached)
                        .setMillis(millis)));
    }

    void warning(int line, String message) {
        send(FromBuilder.newBuilder()
                .setWarning(BuildWarning.newBuilder().setLine(line).setMessage(message)));
    }

    private void send(FromBuilder.Builder event) {
        lock.lock();
        try {
            consumer.accept(event.build());
        } finally {
            lock.unlock();
        }
    }
}
