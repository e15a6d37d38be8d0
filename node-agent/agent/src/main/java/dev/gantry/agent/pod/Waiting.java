package dev.gantry.agent.pod;

/** Why something has not started yet. @param reason CamelCase @param message one sentence */
record Waiting(String reason, String message) {}
