package dev.gradine.nn;

/// A place of a model where something trained can stand in for what the checkpoint has: see `Adapters`.
public sealed interface Site permits Linear, Convolution, Embedding, ExpertLinear, Weight {

    /// Name in Hugging Face checkpoints: of a layer such as `model.layers.0.self_attn.q_proj`, of a weight such as
    /// `model.norm.weight`.
    String path();
}
