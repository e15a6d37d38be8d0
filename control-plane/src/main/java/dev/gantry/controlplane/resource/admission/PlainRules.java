package dev.gantry.controlplane.resource.admission;

import dev.gantry.controlplane.resource.KindRules;

/** Kinds without a spec that anybody reconciles: their metadata says all. */
public final class PlainRules implements KindRules {
    @Override
    public boolean hasGeneration() {
        return false;
    }
}
