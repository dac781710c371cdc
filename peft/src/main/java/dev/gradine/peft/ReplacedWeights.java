package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import java.util.SequencedMap;

/// Other values in the place of some weights of a model.
record ReplacedWeights(SequencedMap<Weight, Param> weights) implements Adapters {

    @Override
    public Param at(Weight weight) {
        Param other = weights.get(weight);
        return other == null ? weight.param() : other;
    }

    @Override
    public boolean touches(Site site) {
        return site instanceof Weight w && weights.containsKey(w);
    }
}
