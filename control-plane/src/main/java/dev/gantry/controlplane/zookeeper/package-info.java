/**
 * The ensemble itself: the ZooKeeper server inside this process, the check of one that others run, and the credential that owns every znode. Nothing in
 * here knows what is stored.
 */
@NullMarked
package dev.gantry.controlplane.zookeeper;

import org.jspecify.annotations.NullMarked;
