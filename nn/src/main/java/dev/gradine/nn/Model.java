package dev.gradine.nn;

import java.util.List;

/// Weights and the places where adapters can act: what adapting, merging and counting need to know of any model.
public interface Model {

    /// Name of its family, such as `llama`; empty for none.
    default String family() {
        return "";
    }

    /// What it is for, as Hugging Face names tasks.
    default String task() {
        return "CAUSAL_LM";
    }

    /// Modules that have learnt nothing yet, of which every adapter trains a whole copy; none by default.
    default List<String> untrained() {
        return List.of();
    }

    /// Keys of its attention layers.
    ///
    /// @param layers number of attention layers
    /// @param heads heads of a token's keys in one layer; 0 where the family does not say
    /// @param width values of a token's keys in one layer
    record Keys(int layers, int heads, int width) {}

    /// Keys of its attention layers; none by default.
    default Keys keys() {
        return new Keys(0, 0, 0);
    }

    /// Every linear layer, in the order of the forward pass.
    List<Linear> linears();

    /// Every convolution, in the order of the forward pass; none by default.
    default List<Convolution> convolutions() {
        return List.of();
    }

    /// Every linear layer of experts, in the order of the forward pass; none by default.
    default List<ExpertLinear> experts() {
        return List.of();
    }

    /// Every embedding table.
    List<Embedding> embeddings();

    /// Every weight, in the order of the forward pass.
    List<Weight> weights();
}
