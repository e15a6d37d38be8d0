/** What somebody tries who may run a pod, against a whole cluster. Each attack is one that works where the defence is taken away. */
@org.jspecify.annotations.NullMarked
package dev.gantry.e2e.attack;
