/**
 * The life and death of nodes as the leader sees it: when one counts as gone, what that means for its pods, and when doubt must stop evictions. Sessions
 * are dispatch's; here they are only moments at which a node was last heard.
 */
@NullMarked
package dev.gantry.controlplane.controller.nodelife;

import org.jspecify.annotations.NullMarked;
