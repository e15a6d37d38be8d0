/** What a host is reached by. */
@NullMarked
package dev.gantry.common.network;

import org.jspecify.annotations.NullMarked;
