package dev.gantry.controlplane.controller.garbage;

import dev.gantry.controlplane.controller.runtime.ObjectName;
import dev.gantry.controlplane.controller.runtime.WatchedKind;

/** What the garbage collector looks at. */
sealed interface Candidate {
    /** An object that has owners, or that waits for its dependents. */
    record Named(WatchedKind kind, ObjectName object) implements Candidate {}

    /** The table of kinds, which may have grown. */
    record TableOfKinds() implements Candidate {}
}
