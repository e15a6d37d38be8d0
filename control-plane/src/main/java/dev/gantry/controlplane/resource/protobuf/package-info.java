/**
 * Kubernetes' protobuf bodies, as newer clients send them, to the JSON trees that everything else works on. Pure; knows no kind's rules and no HTTP.
 */
@NullMarked
package dev.gantry.controlplane.resource.protobuf;

import org.jspecify.annotations.NullMarked;
