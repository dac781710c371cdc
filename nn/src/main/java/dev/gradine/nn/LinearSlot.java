package dev.gradine.nn;

import dev.gradine.autograd.Var;

/// The place of one linear layer in a model: the door for adapters.
public final class LinearSlot {

    private final String path;
    private final DenseLinear base;
    private LinearModule active;

    /// @param path name in Hugging Face checkpoints, such as `model.layers.0.self_attn.q_proj`
    /// @param base the checkpoint's own layer
    public LinearSlot(String path, DenseLinear base) {
        this.path = path;
        this.base = base;
        this.active = base;
    }

    /// Name in Hugging Face checkpoints, such as `model.layers.0.self_attn.q_proj`.
    public String path() {
        return path;
    }

    /// The checkpoint's own layer.
    public DenseLinear base() {
        return base;
    }

    /// What runs now.
    public LinearModule active() {
        return active;
    }

    /// Whether the checkpoint's own layer with its own frozen weights runs now.
    boolean isPlain() {
        return active == base && base.isPlain();
    }

    /// Puts `module` in the layer's place; the base again takes it out.
    public void use(LinearModule module) {
        active = module;
    }

    /// `f32[N,I] → f32[N,O]`
    public Var forward(Var x) {
        return active.forward(x);
    }
}
