/**
 * The quickstart: from nothing to two services that roll to a new version under load, each claim checked.
 */
@NullMarked
package dev.gantry.cli.quickstart;

import org.jspecify.annotations.NullMarked;
