package dev.gradine.peft;

import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/// What a fresh adapter is made with.
///
/// @param run lifetime of what is trained
/// @param rng where random values come from
/// @param number of this adapter in its model, so that no two draw the same masks
/// @param tokenizer tokens of a text, for adapters that begin as one
/// @param siblings what all adapters of the set have in common
/// @param originals weights before they were quantised on loading
public record Start(
        Kernels run,
        RandomGenerator rng,
        int number,
        Function<String, int[]> tokenizer,
        Siblings siblings,
        Originals originals) {

    /// Weights of a model as its checkpoint has them.
    @FunctionalInterface
    public interface Originals {

        /// What the model computes with: right where nothing was quantised on loading.
        Originals LOADED = (weight, k) -> {
            Tensor w = k.empty(weight.shape());
            k.copy(weight.param().value(), w);
            return w;
        };

        /// The weight of a linear layer, `f32[O,I]` in the memory of `k`, free to be overwritten.
        Tensor of(Weight weight, Kernels k);
    }

    /// Stands for a tokenizer where there is none, and says so when it is asked.
    static final Function<String, int[]> NO_TOKENIZER = text -> {
        throw new AdapterException("text: \"%s\" cannot be split into tokens, expected a tokenizer".formatted(text));
    };

    /// Of the first adapter of a set.
    public Start(Kernels run, RandomGenerator rng, int number, Function<String, int[]> tokenizer) {
        this(
                run,
                rng,
                number,
                tokenizer,
                new Siblings(new Model.Keys(0, 0, 0), List.of(), Learnt.NOTHING),
                Originals.LOADED);
    }

    /// The same with the weights before they were quantised.
    public Start with(Originals others) {
        return new Start(run, rng, number, tokenizer, siblings, others);
    }

    /// The same with what was learnt of the data.
    Start knowing(Learnt learnt) {
        Siblings other = new Siblings(siblings.keys(), siblings.sites(), learnt);
        return new Start(run, rng, number, tokenizer, other, originals);
    }

    /// The same for adapters at `sites`.
    Start at(Model model, List<Site> sites) {
        Siblings other = new Siblings(model.keys(), sites, siblings.learnt());
        return new Start(run, rng, number, tokenizer, other, originals);
    }

    /// The same for the adapter that comes so many behind this one.
    Start plus(int others) {
        return new Start(run, rng, number + others, tokenizer, siblings, originals);
    }

    /// The values of an adapter at `site`, still without any.
    public NamedParams.Builder params(Site site) {
        return new NamedParams.Builder(site, this);
    }
}
