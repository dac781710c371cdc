package dev.gradine.nn;

import dev.gradine.autograd.Param;
import java.util.HashMap;
import java.util.Map;

/// Adapters that a test gives one by one.
record GivenAdapters(Map<Linear, LinearMap> layers, Map<Weight, Param> weights) implements Adapters {

    GivenAdapters() {
        this(new HashMap<>(), new HashMap<>());
    }

    static GivenAdapters of(Linear layer, LinearMap map) {
        return new GivenAdapters(Map.of(layer, map), Map.of());
    }

    static GivenAdapters of(Weight weight, Param other) {
        return new GivenAdapters(Map.of(), Map.of(weight, other));
    }

    @Override
    public LinearMap at(Linear layer) {
        return layers.getOrDefault(layer, Linear::base);
    }

    @Override
    public Param at(Weight weight) {
        return weights.getOrDefault(weight, weight.param());
    }

    @Override
    public boolean touches(Site site) {
        return layers.containsKey(site) || weights.containsKey(site);
    }
}
