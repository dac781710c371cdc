package dev.gradine.autograd;

import dev.gradine.autograd.Var.Grad;
import dev.gradine.autograd.op.CustomOp;
import dev.gradine.autograd.op.Needs;
import dev.gradine.autograd.op.Op1;
import dev.gradine.autograd.op.Op2;
import dev.gradine.autograd.op.Op3;
import dev.gradine.autograd.op.Op4;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Records the operations of one step and plays them back in reverse.
///
/// All memory comes from the `Kernels` given, so a tape lives no longer than their lifetime. Gradients of intermediate
/// results are released as soon as they have been used; gradients of trained parameters are added into `Param.grad`.
public final class Tape {

    /// Backward of one recorded op: gradients of its inputs, in order, from the gradient of its output.
    private interface Backward {
        @Nullable
        Tensor[] run(Tensor dy);
    }

    private record Node(Var y, List<Var> inputs, Backward backward) {}

    private final Kernels kernels;
    private final boolean recording;
    private final List<Node> nodes = new ArrayList<>();
    private final IdentityHashMap<Param, Var> params = new IdentityHashMap<>();

    private Tape(Kernels kernels, boolean recording) {
        this.kernels = kernels;
        this.recording = recording;
    }

    /// A tape for training.
    public static Tape recording(Kernels kernels) {
        return new Tape(kernels, true);
    }

    /// A tape that forgets: no gradients, nothing saved.
    public static Tape forgetting(Kernels kernels) {
        return new Tape(kernels, false);
    }

    /// The device and lifetime it works in.
    public Kernels kernels() {
        return kernels;
    }

    /// Whether operations are recorded for a backward pass.
    public boolean isRecording() {
        return recording;
    }

    /// A model weight; the same variable however often it is asked for.
    public Var param(Param p) {
        return params.computeIfAbsent(p, q -> new Var(this, q.value(), recording && q.isTrained(), q));
    }

    /// A value to differentiate by; its gradient stays on the variable.
    public Var leaf(Tensor t) {
        return new Var(this, t, recording, null);
    }

    /// A value without gradient.
    public Var constant(Tensor t) {
        return new Var(this, t, false, null);
    }

    /// Runs and records an op of one input.
    public <S> Var apply(Op1<S> op, Var a) {
        var f = op.forward(kernels, a.value());
        return record(f.y(), dy -> new @Nullable Tensor[] {op.backward(kernels, f.saved(), dy)}, a);
    }

    /// Runs and records an op of two inputs.
    public <S> Var apply(Op2<S> op, Var a, Var b) {
        var f = op.forward(kernels, a.value(), b.value());
        Needs needs = Needs.of(a.tracked(), b.tracked());
        return record(
                f.y(),
                dy -> {
                    var g = op.backward(kernels, f.saved(), dy, needs);
                    return new @Nullable Tensor[] {g.a(), g.b()};
                },
                a,
                b);
    }

    /// Runs and records an op of three inputs.
    public <S> Var apply(Op3<S> op, Var a, Var b, Var c) {
        var f = op.forward(kernels, a.value(), b.value(), c.value());
        Needs needs = Needs.of(a.tracked(), b.tracked(), c.tracked());
        return record(
                f.y(),
                dy -> {
                    var g = op.backward(kernels, f.saved(), dy, needs);
                    return new @Nullable Tensor[] {g.a(), g.b(), g.c()};
                },
                a,
                b,
                c);
    }

    /// Runs and records an op of four inputs.
    public <S> Var apply(Op4<S> op, Var a, Var b, Var c, Var d) {
        var f = op.forward(kernels, a.value(), b.value(), c.value(), d.value());
        Needs needs = Needs.of(a.tracked(), b.tracked(), c.tracked(), d.tracked());
        return record(
                f.y(),
                dy -> {
                    var g = op.backward(kernels, f.saved(), dy, needs);
                    return new @Nullable Tensor[] {g.a(), g.b(), g.c(), g.d()};
                },
                a,
                b,
                c,
                d);
    }

    /// Runs and records an op of a researcher's own.
    public <S> Var apply(CustomOp<S> op, Var... inputs) {
        var f = op.forward(kernels, Arrays.stream(inputs).map(Var::value).toList());
        return record(f.y(), dy -> op.backward(kernels, f.saved(), dy).toArray(new @Nullable Tensor[0]), inputs);
    }

    private Var record(Tensor y, Backward backward, Var... inputs) {
        boolean tracked = false;
        for (Var in : inputs) {
            if (in.tape() != this) throw new IllegalArgumentException("tape: an input belongs to another tape");
            tracked |= in.tracked();
        }
        Var v = new Var(this, y, tracked, null);
        if (tracked) nodes.add(new Node(v, List.of(inputs), backward));
        return v;
    }

    /// Differentiates `loss`, a single number, with respect to everything tracked.
    ///
    /// @throws ShapeException if `loss` holds more than one value
    public void backward(Var loss) {
        if (loss.value().size() != 1) {
            throw new ShapeException("backward: loss is " + loss.shape() + ", expected a single value");
        }
        Tensor one = kernels.empty(loss.shape());
        kernels.elementwise().fill(one, 1);
        backward(loss, one);
    }

    /// Differentiates `Σ dy · y`.
    public void backward(Var y, Tensor dy) {
        ShapeException.require("backward", "dy", dy.shape(), y.shape(), "shape of y");
        if (!y.tracked()) throw new IllegalStateException("backward: nothing that y depends on is tracked");
        Grad seed = new Grad(dy);
        seed.owners++; // the caller's
        y.grad = seed;
        for (Node n : nodes.reversed()) play(n);
        nodes.clear();
    }

    private void play(Node n) {
        Grad up = n.y().grad;
        if (up == null) return;
        @Nullable Tensor[] g = n.backward().run(up.tensor);
        for (int i = 0; i < g.length; i++) accumulate(n.inputs().get(i), g[i], up);
        n.y().grad = null;
        drop(up);
    }

    private void accumulate(Var v, @Nullable Tensor g, Grad up) {
        if (g == null) return;
        boolean shared = g.sharesMemoryWith(up.tensor);
        if (v.tracked() && !v.hasParam() && v.grad == null) {
            v.grad = shared ? share(g, up) : new Grad(g);
            return;
        }
        if (v.tracked()) add(v, g);
        if (!shared) kernels.release(g);
    }

    private Grad share(Tensor g, Grad up) {
        if (g.shape().equals(up.tensor.shape())) {
            up.owners++;
            return up;
        }
        Tensor own = kernels.empty(g.shape()); // a reshaped view cannot be counted with the whole
        kernels.copy(g, own);
        return new Grad(own);
    }

    private void add(Var v, Tensor g) {
        if (v.hasParam()) {
            kernels.elementwise().axpy(1, g, v.param().grad());
            return;
        }
        Grad have = Objects.requireNonNull(v.grad);
        if (have.owners == 1) {
            kernels.elementwise().axpy(1, g, have.tensor);
        } else {
            Tensor sum = kernels.empty(have.tensor.shape());
            kernels.elementwise().add(have.tensor, g, sum);
            drop(have);
            v.grad = new Grad(sum);
        }
    }

    private void drop(Grad g) {
        if (--g.owners == 0) kernels.release(g.tensor);
    }
}
