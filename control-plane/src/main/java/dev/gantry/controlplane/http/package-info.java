/**
 * The one TLS port: a thin handler interface of our own over Armeria, with authentication, limits, streams and gRPC services. Nothing outside this
 * package sees Armeria; nothing in here knows a kind or a path of the Kubernetes API.
 */
@NullMarked
package dev.gantry.controlplane.http;

import org.jspecify.annotations.NullMarked;
