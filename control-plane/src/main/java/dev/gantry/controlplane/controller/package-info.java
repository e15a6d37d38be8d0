/**
 * The controllers, one package each: a pure planner that reads objects and the time and answers with actions, carried out by {@code runtime}. Nothing
 * here knows HTTP, the store's paths or nodes' sessions.
 */
@NullMarked
package dev.gantry.controlplane.controller;

import org.jspecify.annotations.NullMarked;
