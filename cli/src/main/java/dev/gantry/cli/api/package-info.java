/**
 * The HTTP client: kubeconfig, TLS, requests, watches, WebSocket streams and discovery. Nothing in here prints.
 */
@NullMarked
package dev.gantry.cli.api;

import org.jspecify.annotations.NullMarked;
