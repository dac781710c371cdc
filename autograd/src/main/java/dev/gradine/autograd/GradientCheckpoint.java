package dev.gradine.autograd;

import dev.gradine.autograd.op.CustomOp;
import dev.gradine.autograd.op.Op.Forward;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A block of ops as one op: see `Tape.checkpoint`.
///
/// Forward runs the block on a tape that forgets, backward runs it again on one that records and plays that back. Both
/// give back all memory but the result and the gradients of the inputs. Gradients of weights go to `Param.grad`, as
/// everywhere.
final class GradientCheckpoint implements CustomOp<GradientCheckpoint.Saved> {

    /// The inputs, from which all else is computed again.
    record Saved(List<Tensor> inputs) {}

    private final Function<List<Var>, Var> block;
    private final List<Boolean> tracked;
    private final Tape outer;
    private boolean trains;

    /// @param tracked of each input, whether it wants a gradient
    GradientCheckpoint(Function<List<Var>, Var> block, List<Boolean> tracked, Tape outer) {
        this.block = block;
        this.tracked = tracked;
        this.outer = outer;
    }

    @Override
    public Forward<Saved> forward(Kernels k, List<Tensor> inputs) {
        Tape tape = outer.inner(k, false);
        Var y = block.apply(inputs.stream().map(tape::constant).toList());
        requireOwn(tape, y);
        tape.lifetimes().releaseAllBut(y.value());
        trains = tape.readsTrained();
        return new Forward<>(y.value(), new Saved(inputs));
    }

    private static void requireOwn(Tape tape, Var y) {
        if (y.tape() == tape) return;
        throw new IllegalArgumentException("checkpoint: the block's result is on another tape, expected one on the tape"
                + " of the variables it is given");
    }

    @Override
    public boolean trains() {
        return trains;
    }

    @Override
    public List<@Nullable Tensor> backward(Kernels k, Saved saved, Tensor dy) {
        Tape tape = outer.inner(k, true);
        List<Var> inputs = new ArrayList<>();
        for (int i = 0; i < tracked.size(); i++) {
            Tensor t = saved.inputs().get(i);
            inputs.add(tracked.get(i) ? tape.leaf(t) : tape.constant(t));
        }
        Var y = block.apply(inputs);
        outer.checkpointHeld(tape.lifetimes().bytesHeld() - y.value().bytes());
        if (y.requiresGrad()) tape.backward(y, dy);
        List<@Nullable Tensor> grads = new ArrayList<>();
        for (Var in : inputs) grads.add(in.hasGrad() ? alone(k, in.grad(), dy, grads) : null);
        tape.lifetimes().releaseAll();
        return grads;
    }

    /// A gradient that no other input holds: a sum hands one tensor to both sides.
    private static Tensor alone(Kernels k, Tensor grad, Tensor dy, List<@Nullable Tensor> others) {
        if (grad == dy || !others.contains(grad)) return grad;
        Tensor own = k.emptyLike(grad);
        k.copy(grad, own);
        return own;
    }
}
