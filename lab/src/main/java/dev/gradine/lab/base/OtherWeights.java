package dev.gradine.lab.base;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import java.util.SequencedMap;

/// Other values in the place of weights.
///
/// @param values by the weight they stand for
public record OtherWeights(SequencedMap<Weight, Param> values) implements Adapters {

    @Override
    public Param at(Weight weight) {
        Param other = values.get(weight);
        return other == null ? weight.param() : other;
    }

    @Override
    public boolean touches(Site site) {
        return site instanceof Weight w && values.containsKey(w);
    }
}
