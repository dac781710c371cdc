package dev.gradine.nn;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;

/// What stands in for parts of a model during a pass. By default nothing does.
///
/// Adapters belong to the pass, not to the model: one model can act with different adapters at the same time, in
/// several threads. Implementations never change what they answer; a new state is a new object.
public interface Adapters {

    /// The model as its checkpoint has it.
    Adapters NONE = new Adapters() {};

    /// What computes in the place of a linear layer.
    default LinearMap at(Linear layer) {
        return Linear::base;
    }

    /// What computes in the place of a convolution.
    default ConvolutionMap at(Convolution layer) {
        return Convolution::base;
    }

    /// What computes in the place of a linear layer of experts.
    default ExpertMap at(ExpertLinear layer) {
        return ExpertLinear::base;
    }

    /// The value in the place of a weight, such as a trained copy.
    default Param at(Weight weight) {
        return weight.param();
    }

    /// What stands for the rows that an embedding gave.
    ///
    /// @param h rows of `pass.rows()`, `f32[N,C]`
    default Var at(Embedding embedding, Var h, Pass pass) {
        return h;
    }

    /// Queries, keys and values that layer number `layer` attends with.
    ///
    /// @param fresh as the layer computed them, of `pass.rows()`
    default SelfAttention.Qkv at(int layer, SelfAttention.Qkv fresh, Pass pass) {
        return fresh;
    }

    /// Number of virtual tokens before each sequence: rows without a token, which `at(Embedding, …)` fills.
    default int virtualTokens() {
        return 0;
    }

    /// Whether what they do to a row depends on that row and those before it alone. If not, a beginning that several
    /// sequences have in common cannot be read once.
    default boolean areCausal() {
        return true;
    }

    /// The same for the one sequence that begins with `prompt` and is read piece by piece through a cache.
    default Adapters continuing(int[] prompt) {
        return this;
    }

    /// Whether what `site` computes can differ from what the checkpoint computes. Layers below the first such site are
    /// common to all passes: see `Trunk`.
    default boolean touches(Site site) {
        return false;
    }
}
