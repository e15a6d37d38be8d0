package dev.gantry.e2e.crash;

/** @param declaredIn name of the class, with its package */
record DeclaredPoint(String name, String declaredIn) {}
