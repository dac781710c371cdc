package dev.gradine.nn;

import java.util.List;

/// Weights and the places where adapters can act: what adapting, merging and counting need to know of any model.
public interface Model {

    /// Name of its family, such as `llama`; empty for none.
    default String family() {
        return "";
    }

    /// Every linear layer, in the order of the forward pass.
    List<Linear> linears();

    /// Every embedding table.
    List<Embedding> embeddings();

    /// Every weight, in the order of the forward pass.
    List<Weight> weights();
}
