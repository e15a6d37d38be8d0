/**
 * The only authority: objects in ZooKeeper, one znode each, written by compare-and-set, and the cache of all of them that every replica holds.
 * Nothing outside this package sees Curator, ZooKeeper or a znode's version arithmetic; nothing in here knows a kind.
 */
@NullMarked
package dev.gantry.controlplane.store;

import org.jspecify.annotations.NullMarked;
