/**
 * Deployments: which ReplicaSet stands for the template, how many replicas each may have during a roll, history, and the status that {@code kubectl
 * rollout} reads. Pods are never touched here.
 */
@NullMarked
package dev.gantry.controlplane.controller.deployment;

import org.jspecify.annotations.NullMarked;
