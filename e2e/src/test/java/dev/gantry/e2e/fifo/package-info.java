/** What opens of FIFOs that wait in the kernel cost everything else of the agent's: nothing. */
@org.jspecify.annotations.NullMarked
package dev.gantry.e2e.fifo;
