package dev.gradine.nn;

import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The lower part of a forward pass, computed once for several passes over one batch: the embedding and
/// all blocks below the first that one of their adapters touches.
///
/// There the policy of a preference loss and its reference compute the same, and no gradient is wanted.
/// With adapters on all linear layers that is the embedding alone; with adapters on the upper third of
/// the blocks it is two thirds of the pass.
public final class Trunk {

    private final CausalLm model;
    private final TokenBatch batch;
    private final int layers;
    private final @Nullable Tensor hidden;
    private final LoadBalance balance;

    private Trunk(CausalLm model, TokenBatch batch, int layers, @Nullable Tensor hidden, LoadBalance balance) {
        this.balance = balance;
        this.model = model;
        this.batch = batch;
        this.layers = layers;
        this.hidden = hidden;
    }

    /// Nothing is common: even the embedding is trained.
    static Trunk empty(CausalLm model, TokenBatch batch) {
        return new Trunk(model, batch, 0, null, new LoadBalance());
    }

    /// @param layers number of lowest layers computed, at least 1; the embedding counts as the first
    /// @param hidden what they give, `f32[N,C]`
    /// @param balance what their routers have chosen
    static Trunk of(CausalLm model, TokenBatch batch, int layers, Tensor hidden, LoadBalance balance) {
        return new Trunk(model, batch, layers, hidden, balance);
    }

    /// What the routers of its layers have chosen.
    LoadBalance balance() {
        return balance;
    }

    /// Fails unless it holds layers of `other` over `read`.
    ///
    /// @throws IllegalStateException names what differs
    void requireOf(CausalLm other, TokenBatch read) {
        if (!model.equals(other))
            throw new IllegalStateException("trunk: of another model, expected one of this model");
        if (batch != read) throw new IllegalStateException("trunk: of another batch, expected that of the pass");
    }

    /// Whose layers they are.
    public CausalLm model() {
        return model;
    }

    /// What is read.
    public TokenBatch batch() {
        return batch;
    }

    /// Number of lowest layers computed; the embedding is the first.
    public int layers() {
        return layers;
    }

    /// What they give, `f32[N,C]`.
    ///
    /// @throws IllegalStateException if no layer was computed
    public Tensor hidden() {
        if (hidden == null) throw new IllegalStateException("trunk: no layer is common, so there are no hidden states");
        return hidden;
    }
}
