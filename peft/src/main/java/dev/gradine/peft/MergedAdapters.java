package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import java.util.SequencedMap;

/// Weights with adapters added into them, in the place of the model's own.
record MergedAdapters(SequencedMap<Weight, Param> weights) implements Adapters {
    @Override
    public Param at(Weight weight) {
        Param other = weights.get(weight);
        return other == null ? weight.param() : other;
    }

    @Override
    public boolean touches(Site site) {
        return weights.containsKey(site);
    }
}
