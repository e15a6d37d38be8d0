/**
 * Two control planes against an ensemble of three: what happens when the leader is stopped and wakes up deposed. The control planes are processes of
 * their own; ensemble and agent are the test's.
 */
@NullMarked
package dev.gantry.e2e.takeover;

import org.jspecify.annotations.NullMarked;
