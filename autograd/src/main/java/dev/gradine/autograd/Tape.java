package dev.gradine.autograd;

import dev.gradine.autograd.Var.Grad;
import dev.gradine.autograd.op.CustomOp;
import dev.gradine.autograd.op.NeedsGrad;
import dev.gradine.autograd.op.Op;
import dev.gradine.autograd.op.Op.Forward;
import dev.gradine.autograd.op.Op1;
import dev.gradine.autograd.op.Op2;
import dev.gradine.autograd.op.Op3;
import dev.gradine.autograd.op.Op4;
import dev.gradine.autograd.op.Op5;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Records the operations of one step and plays them back in reverse.
///
/// All memory comes from the `Kernels` given, so a tape lives no longer than their lifetime. Gradients of intermediate
/// results are released as soon as they have been used; gradients of trained parameters are added into `Param.grad`.
/// Lifetimes stay until the lifetime ends, unless model code says otherwise: by `Var.release`, `Var.recompute` or
/// `checkpoint`.
public final class Tape {

    /// Backward of one recorded op: gradients of its inputs, in order, from what it saved and the gradient of its
    /// output.
    private interface Backward<S> {
        @Nullable
        Tensor[] run(S saved, Tensor dy);
    }

    private record Node(
            Op op, Var y, List<Var> inputs, List<Tensor> saved, Function<Tensor, @Nullable Tensor[]> backward) {}

    private final Kernels kernels;
    private final boolean recording;
    private final @Nullable Probe probe;
    private final Lifetimes lifetimes;
    private final Gradients gradients;
    private final List<Node> nodes = new ArrayList<>();
    private final IdentityHashMap<Param, Var> params = new IdentityHashMap<>();
    private final List<Var> framed = new ArrayList<>(); // results made since the outermost open frame began
    private int frames; // frames that are open
    private long checkpointed;
    private long largestCheckpoint;

    private Tape(Kernels kernels, boolean recording, @Nullable Probe probe) {
        this.kernels = kernels;
        this.recording = recording;
        this.probe = probe;
        lifetimes = new Lifetimes(kernels);
        gradients = new Gradients(kernels);
    }

    /// A tape for training.
    public static Tape recording(Kernels kernels) {
        return new Tape(kernels, true, null);
    }

    /// A tape for training whose every op `probe` sees.
    public static Tape probed(Kernels kernels, Probe probe) {
        return new Tape(kernels, true, probe);
    }

    /// A tape for the inside of one of this tape's ops.
    Tape inner(Kernels k, boolean records) {
        return new Tape(k, records, probe);
    }

    /// A tape that forgets: no gradients, nothing saved.
    public static Tape noGrad(Kernels kernels) {
        return new Tape(kernels, false, null);
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
        return params.computeIfAbsent(p, q -> new Var(this, q.value(), recording && q.isTrained(), q, null));
    }

    /// A value to differentiate by; its gradient stays on the variable.
    public Var leaf(Tensor t) {
        return new Var(this, t, recording, null, null);
    }

    /// A value without gradient.
    public Var constant(Tensor t) {
        return new Var(this, t, false, null, null);
    }

    /// Runs and records an op of one input.
    public <S> Var apply(Op1<S> op, Var a) {
        return record(
                op,
                () -> op.forward(kernels, a.value()),
                (s, dy) -> new @Nullable Tensor[] {op.backward(kernels, s, dy)},
                a);
    }

    /// Runs and records an op of two inputs.
    public <S> Var apply(Op2<S> op, Var a, Var b) {
        NeedsGrad needs = NeedsGrad.of(a.requiresGrad(), b.requiresGrad());
        return record(
                op,
                () -> op.forward(kernels, a.value(), b.value()),
                (s, dy) -> {
                    var g = op.backward(kernels, s, dy, needs);
                    return new @Nullable Tensor[] {g.a(), g.b()};
                },
                a,
                b);
    }

    /// Runs and records an op of three inputs.
    public <S> Var apply(Op3<S> op, Var a, Var b, Var c) {
        NeedsGrad needs = NeedsGrad.of(a.requiresGrad(), b.requiresGrad(), c.requiresGrad());
        return record(
                op,
                () -> op.forward(kernels, a.value(), b.value(), c.value()),
                (s, dy) -> {
                    var g = op.backward(kernels, s, dy, needs);
                    return new @Nullable Tensor[] {g.a(), g.b(), g.c()};
                },
                a,
                b,
                c);
    }

    /// Runs and records an op of four inputs.
    public <S> Var apply(Op4<S> op, Var a, Var b, Var c, Var d) {
        NeedsGrad needs = NeedsGrad.of(a.requiresGrad(), b.requiresGrad(), c.requiresGrad(), d.requiresGrad());
        return record(
                op,
                () -> op.forward(kernels, a.value(), b.value(), c.value(), d.value()),
                (s, dy) -> {
                    var g = op.backward(kernels, s, dy, needs);
                    return new @Nullable Tensor[] {g.a(), g.b(), g.c(), g.d()};
                },
                a,
                b,
                c,
                d);
    }

    /// Runs and records an op of five inputs.
    public <S> Var apply(Op5<S> op, Var a, Var b, Var c, Var d, Var e) {
        Var[] in = {a, b, c, d, e};
        boolean[] wanted = new boolean[in.length];
        for (int i = 0; i < in.length; i++) wanted[i] = in[i].requiresGrad();
        NeedsGrad needs = NeedsGrad.of(wanted);
        return record(
                op,
                () -> op.forward(kernels, Arrays.stream(in).map(Var::value).toList()),
                (s, dy) -> {
                    var g = op.backward(kernels, s, dy, needs);
                    return new @Nullable Tensor[] {g.a(), g.b(), g.c(), g.d(), g.e()};
                },
                in);
    }

    /// Runs and records an op of a researcher's own.
    public <S> Var apply(CustomOp<S> op, Var... inputs) {
        return record(
                op,
                () -> op.forward(kernels, Arrays.stream(inputs).map(Var::value).toList()),
                (s, dy) -> op.backward(kernels, s, dy).toArray(new @Nullable Tensor[0]),
                inputs);
    }

    /// Runs `block` and keeps nothing of it but its inputs and its result; backward runs it a second time.
    ///
    /// Memory for time: one more forward pass of the block. It must compute the same both times, from its inputs
    /// and from weights alone, on the tape of the variables it is given. Chen, Xu, Zhang & Guestrin 2016
    /// (arXiv:1604.06174), section 4.
    ///
    /// @param block from variables like `inputs`, in order, to one result
    public Var checkpoint(Function<List<Var>, Var> block, List<Var> inputs) {
        Var[] all = inputs.toArray(new Var[0]);
        return apply(
                new GradientCheckpoint(
                        block, inputs.stream().map(Var::requiresGrad).toList(), this),
                all);
    }

    /// The same for a block of one input.
    public Var checkpoint(UnaryOperator<Var> block, Var x) {
        return checkpoint(in -> block.apply(in.getFirst()), List.of(x));
    }

    /// Runs `block` and lets go of all that it made but its result, the latest first.
    ///
    /// ```
    /// y = frame(h -> add(h, mixer(norm(h))), h)
    /// ```
    ///
    /// What backward reads again is kept until then; results of ops that are cheap are made again instead: see
    /// `Op.isCheap`. No bit of any result changes. Formulas need no memory statements within a frame. Frames nest.
    ///
    /// @param block from `x` to one result, on the tape of `x`; nothing else that it makes is used after it
    public Var frame(UnaryOperator<Var> block, Var x) {
        int from = framed.size();
        frames++;
        Var y;
        try {
            y = block.apply(x);
        } finally {
            frames--;
        }
        boolean own = false;
        for (int i = framed.size() - 1; i >= from; i--) {
            Var made = framed.remove(i);
            own |= made == y;
            if (made.value().whole() != y.value().whole()) letGo(made);
        }
        if (own && frames > 0) framed.add(y);
        return y;
    }

    private static void letGo(Var made) {
        if (made.isCheap()) made.recompute();
        else made.release();
    }

    /// Bytes that the checkpoints of the last backward pass have saved: what all of them would have kept at once, less
    /// the most that one of them did keep.
    public long bytesSavedByCheckpoints() {
        return checkpointed - largestCheckpoint;
    }

    /// Takes note of what the inside of a checkpoint held.
    void checkpointHeld(long bytes) {
        checkpointed += bytes;
        largestCheckpoint = Math.max(largestCheckpoint, bytes);
    }

    Lifetimes lifetimes() {
        return lifetimes;
    }

    /// Whether a parameter that is trained was asked for.
    boolean readsTrained() {
        return params.keySet().stream().anyMatch(Param::isTrained);
    }

    private <S> Var record(Op op, Supplier<Forward<S>> forward, Backward<S> backward, Var... inputs) {
        for (Var in : inputs) requireUsable(op, in);
        Forward<S> f = forward.get();
        boolean tracked = recording && op instanceof CustomOp<?> c && c.trains();
        for (Var in : inputs) tracked |= in.requiresGrad();
        List<Var> from = List.of(inputs);
        if (probe != null) probe.forward(op, from, f.y());
        var origin = new Lifetimes.Origin(op, from, forward);
        lifetimes.add(origin, f, tracked);
        Var v = new Var(this, f.y(), tracked, null, Lifetimes.isOwn(f.y(), from) ? origin : null);
        if (frames > 0) framed.add(v);
        if (tracked) {
            List<Tensor> saved = Lifetimes.saved(op, f, from);
            lifetimes.retain(saved);
            nodes.add(new Node(op, v, from, saved, dy -> backward.run(f.saved(), dy)));
        }
        return v;
    }

    private void requireUsable(Op op, Var in) {
        if (in.tape() != this) throw new IllegalArgumentException("tape: an input belongs to another tape");
        if (in.value().hasData()) return;
        throw new IllegalStateException("tape: input %s of %s was released, expected one still held (release a value"
                        .formatted(in.value(), op.title())
                + " after the last op that reads it)");
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
        if (!y.requiresGrad()) throw new IllegalStateException("backward: nothing that y depends on is tracked");
        Grad seed = new Grad(dy);
        seed.owners++; // the caller's
        y.grad = seed;
        if (probe != null) probe.turns();
        for (Node n : nodes.reversed()) play(n);
        nodes.clear();
    }

    private void play(Node n) {
        Grad up = n.y().grad;
        if (up != null) {
            lifetimes.require(n.saved());
            @Nullable Tensor[] g = n.backward().apply(up.tensor);
            if (probe != null) probe.backward(n.op(), n.inputs(), up.tensor, g);
            for (int i = 0; i < g.length; i++) gradients.accumulate(n.inputs().get(i), g[i], up);
            n.y().grad = null;
            gradients.drop(up);
        }
        lifetimes.done(n.saved());
    }
}
