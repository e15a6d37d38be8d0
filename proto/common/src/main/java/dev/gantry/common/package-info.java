/**
 * Plain Java that several processes need. No class comes here without two users in different modules.
 */
@NullMarked
package dev.gantry.common;

import org.jspecify.annotations.NullMarked;
