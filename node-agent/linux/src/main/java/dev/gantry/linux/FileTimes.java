package dev.gantry.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;

/** Access and modification time of a file. */
public record FileTimes(Instant accessed, Instant modified) {
    public static FileTimes both(Instant time) {
        return new FileTimes(time, time);
    }

    byte[] toTimespecs() {
        ByteBuffer buffer = ByteBuffer.allocate(32).order(ByteOrder.nativeOrder());
        buffer.putLong(accessed.getEpochSecond()).putLong(accessed.getNano());
        buffer.putLong(modified.getEpochSecond()).putLong(modified.getNano());
        return buffer.array();
    }
}
