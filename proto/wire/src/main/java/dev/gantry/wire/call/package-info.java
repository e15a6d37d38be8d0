/** Bidirectional gRPC calls as blocking reads and writes, for both ends. Knows no message. */
@NullMarked
package dev.gantry.wire.call;

import org.jspecify.annotations.NullMarked;
