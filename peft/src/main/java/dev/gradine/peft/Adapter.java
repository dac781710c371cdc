package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/// What is trained at one place of a model, in the place of what the checkpoint has there. `permits` lists the places;
/// a record that implements one of them is an adapter.
public sealed interface Adapter permits LinearAdapter, ConvolutionAdapter, EmbeddingAdapter, ExpertAdapter {

    /// What it trains, under the names PEFT's file gives them behind the place's path, such as `lora_A.weight`.
    SequencedMap<String, Param> params();

    /// What it stores beside that and never trains, under such names; for the most part nothing.
    default SequencedMap<String, Param> fixed() {
        return new LinkedHashMap<>();
    }

    /// The same adapter on other values: loaded ones, a snapshot that never changes, an average.
    Adapter over(UnaryOperator<Param> values);

    /// The same adapter as a file has it: where what trains is not stored but what follows from it is, that.
    ///
    /// @param run lifetime of what is computed
    default Adapter stored(Kernels run) {
        return this;
    }

    /// The same adapter, for values that do not change any more: what follows from them and has no gradient is computed
    /// once. The slope of what it computes is the gradient of training.
    ///
    /// @param w the weight it stands over, of any real type
    /// @param run lifetime of what is computed
    default Adapter settled(Tensor w, Kernels run) {
        return this;
    }

    /// Whether what it does to a row depends on that row and those before it alone.
    default boolean isCausal() {
        return true;
    }

    /// The same adapter for the one sequence that begins with `prompt` and is read piece by piece through a cache.
    default Adapter continuing(int[] prompt) {
        return this;
    }

    /// Whether merging changes the layer's bias.
    default boolean changesBias() {
        return false;
    }

    /// Whether it adds a bias of its own, so that only a layer with a bias can take it in.
    default boolean needsBias() {
        return false;
    }

    /// As `merged`, of the bias; asked only if it `changesBias`.
    default Tensor mergedBias(Tensor bias, Kernels k) {
        return bias;
    }

    /// The weight that computes without the adapter what `w` computes with it.
    ///
    /// @param w f32, in the memory of `k`; may be overwritten
    /// @return f32, in the memory of `k`
    /// @throws AdapterException if there is no such weight
    Tensor merged(Tensor w, Kernels k);
}
