package dev.gradine.nn;

import dev.gradine.autograd.Param;

/// The place of one weight in a model: the checkpoint's own, or a trained copy.
public final class ParamSlot {

    private final String path;
    private final Param base;
    private Param active;

    /// @param path name in Hugging Face checkpoints, such as `model.norm.weight`
    /// @param base the checkpoint's own weight
    public ParamSlot(String path, Param base) {
        this.path = path;
        this.base = base;
        this.active = base;
    }

    /// Name in Hugging Face checkpoints, such as `model.norm.weight`.
    public String path() {
        return path;
    }

    /// Name of the module the weight belongs to: the path without `.weight` or `.bias`.
    public String module() {
        return path.substring(0, path.lastIndexOf('.'));
    }

    /// The checkpoint's own weight.
    public Param base() {
        return base;
    }

    /// What is used now.
    public Param active() {
        return active;
    }

    /// Whether the checkpoint's own is used now, and frozen.
    boolean isPlain() {
        return active == base && !base.isTrained();
    }

    /// Uses `param` instead; the base again takes it out.
    public void use(Param param) {
        active = param;
    }
}
