/** ReplicaSets: as many pods as asked for, created and deleted in Kubernetes' order. Which ReplicaSet has how many is the Deployment's business. */
@NullMarked
package dev.gantry.controlplane.controller.replicaset;

import org.jspecify.annotations.NullMarked;
