package dev.gradine.nn;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Shape;
import org.jspecify.annotations.Nullable;

/// One frozen weight of a model, under the name it has in Hugging Face checkpoints.
///
/// The weight never changes. A pass may compute with another value in its place, such as a trained copy: `Adapters.at`
/// says so.
public final class Weight implements Site {

    private final String path;
    private final Param param;
    private final boolean transposed;
    private final @Nullable Stack stack;

    /// @param path name in Hugging Face checkpoints, such as `model.norm.weight`
    /// @param param the value, frozen
    public Weight(String path, Param param) {
        this(path, param, false);
    }

    /// @param transposed whether the checkpoint stores the matrix the other way round
    Weight(String path, Param param, boolean transposed) {
        this(path, param, transposed, null);
    }

    /// @param stack which part of a stored tensor it is, or null for a whole one
    Weight(String path, Param param, boolean transposed, @Nullable Stack stack) {
        this.path = path;
        this.param = param;
        this.transposed = transposed;
        this.stack = stack;
    }

    /// A tensor of the checkpoint that holds several weights, one above the other: those of all experts.
    ///
    /// @param path its name
    /// @param index which of them a weight is
    /// @param count how many there are
    public record Stack(String path, int index, int count) {}

    /// The tensor of which it is a part, or null if it is a tensor of its own.
    public @Nullable Stack stack() {
        return stack;
    }

    @Override
    public String path() {
        return path;
    }

    /// Name of the module the weight belongs to: the path without `.weight` or `.bias`.
    public String module() {
        return path.substring(0, path.lastIndexOf('.'));
    }

    /// The checkpoint's own value. Two weights that are tied share it.
    public Param param() {
        return param;
    }

    /// Whether the checkpoint stores this matrix the other way round, `[I,O]` where `param` is `[O,I]`.
    public boolean isTransposed() {
        return transposed;
    }

    /// Extents of the value.
    public Shape shape() {
        return param.value().shape();
    }

    /// The value that `pass` computes with, on the tape of `x`.
    public Var on(Var x, Pass pass) {
        return x.tape().param(pass.adapters().at(this));
    }

    @Override
    public String toString() {
        return path + " " + shape();
    }
}
