package dev.gradine.cuda.kernels;

import dev.gradine.cuda.kernels.AttentionLists.Listed;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Sequences;

/// Attention on the device. What its blocks do is listed on the host, once for all layers of a step.
final class AttentionCuda implements AttentionKernel {

    private final Gpu gpu;
    private final AttentionLists lists;
    private final AttentionSplit split;
    private final AttentionHopper hopper;
    private final Workspace deltas;

    AttentionCuda(Gpu gpu) {
        this.gpu = gpu;
        this.lists = new AttentionLists(gpu);
        this.split = new AttentionSplit(gpu);
        this.hopper = new AttentionHopper(gpu);
        this.deltas = new Workspace(gpu);
    }

    @Override
    public void forward(Tensor q, Tensor k, Tensor v, AttentionSpec spec, Sequences sequences, Tensor y, Tensor lse) {
        require("attention", q, k, v, spec, sequences);
        requireLike("attention", "y", y, q, "q");
        DTypeException.require("attention", "lse", lse, DType.F32);
        if (q.size() == 0) return;
        Sequences rows = spec.mask().over(sequences);
        if (AttentionSlices.suit(spec.mask(), rows)) {
            split.forward(q, k, v, spec, rows, y, lse);
            return;
        }
        AttentionPath path = AttentionPath.of(spec, q, k, v, y);
        // Hopper's copy engine brings 128 rows that follow one another, pages of 96 only where they do.
        if (rows.pages().isEmpty() && hopper.runs("forward", path, spec)) {
            hopper.forward(q, k, v, spec, rows, y, lse);
            return;
        }
        Listed l = lists.of(spec.mask(), rows, path.queries(), path.keys());
        Arguments arguments = new Arguments().values(q, k, v, l.address(), l.pages());
        addHeads(arguments, path, spec);
        arguments
                .values(y, lse)
                .launch(
                        gpu,
                        kernel("forward", path),
                        AttentionPath.grid(gpu, l.tiles().queries().size(), spec.heads(), spec, path.forwardBytes()));
    }

    @Override
    public void backward(
            Upstream up,
            Tensor q,
            Tensor k,
            Tensor v,
            AttentionSpec spec,
            Sequences sequences,
            Tensor dq,
            Tensor dk,
            Tensor dv) {
        require("attention_gradient", q, k, v, spec, sequences);
        requireLike("attention_gradient", "dy", up.dy(), q, "q");
        requireLike("attention_gradient", "y", up.y(), q, "q");
        requireLike("attention_gradient", "dq", dq, q, "q");
        requireLike("attention_gradient", "dk", dk, k, "k");
        requireLike("attention_gradient", "dv", dv, v, "v");
        sequences.requireOwnKeys("attention_gradient");
        if (k.size() == 0) return;
        Sequences rows = spec.mask().over(sequences);
        AttentionPath path = AttentionPath.of(spec, q, k, v, up.dy(), dq, dk, dv);
        long delta = delta(up, spec, sequences);
        if (q.size() > 0 && hopper.runs("backward_q", path, spec) && hopper.runs("backward_kv", path, spec)) {
            hopper.backwardQ(up, delta, q, k, v, spec, rows, dq);
            hopper.backwardKv(up, delta, q, k, v, spec, rows, dk, dv);
            return;
        }
        Listed l = lists.of(spec.mask(), rows, path.queries(), path.keys());
        if (q.size() > 0) {
            Arguments arguments = new Arguments().values(up.dy(), up.lse(), delta, q, k, v, l.address());
            addHeads(arguments, path, spec);
            Grid grid = AttentionPath.grid(gpu, l.tiles().queries().size(), spec.heads(), spec, path.queryBytes());
            arguments.values(dq).launch(gpu, kernel("backward_q", path), grid);
        }
        Arguments arguments = new Arguments().values(up.dy(), up.lse(), delta, q, k, v);
        arguments.values(l.keys(), l.sources());
        addHeads(arguments, path, spec);
        Grid grid = AttentionPath.grid(gpu, l.tiles().keys().size(), spec.kvHeads(), spec, path.keyBytes());
        arguments.values(dk, dv).launch(gpu, kernel("backward_kv", path), grid);
    }

    /// Σ y · dy of every row and head, at the address returned.
    private long delta(Upstream up, AttentionSpec spec, Sequences sequences) {
        int rows = sequences.queries() * spec.heads();
        long delta = deltas.room(4L * Math.max(1, rows));
        if (rows == 0) return delta;
        String suffix = up.y().dtype() == DType.F32 ? "_f32" : "_bf16";
        new Arguments()
                .values(up.y(), up.dy(), delta, rows, spec.headDim())
                .launch(
                        gpu,
                        new Kernel("attention", "attention_delta" + suffix),
                        Grid.of(Math.ceilDiv(rows, AttentionPath.THREADS / 32), AttentionPath.THREADS));
        return delta;
    }

    private static void addHeads(Arguments to, AttentionPath path, AttentionSpec spec) {
        to.values(spec.heads(), spec.kvHeads());
        if (path.takesHeadDim()) to.values(spec.headDim());
        to.values(spec.scale());
        if (path.takesHeadDim()) to.values(spec.softCap());
    }

    private static Kernel kernel(String pass, AttentionPath path) {
        return new Kernel("attention", "attention_" + pass + path.suffix());
    }

    private static void require(String op, Tensor q, Tensor k, Tensor v, AttentionSpec spec, Sequences sequences) {
        spec.require(sequences);
        RealType.requireActivation(op, "q", q);
        int width = spec.heads() * spec.headDim();
        int kvWidth = spec.kvHeads() * spec.headDim();
        requireSize(op, "q", q, Shape.of(sequences.queries(), width));
        requireSize(op, "k", k, Shape.of(sequences.keys(), kvWidth));
        requireLike(op, "v", v, k, "k");
        DTypeException.require(op, "k", k, q.dtype());
    }

    private static void requireSize(String op, String arg, Tensor t, Shape expected) {
        if (t.size() != expected.size()) {
            ShapeException.require(op, arg, t.shape(), expected, "rows of the sequences, heads and head size");
        }
    }

    private static void requireLike(String op, String arg, Tensor t, Tensor like, String name) {
        if (t.size() != like.size()) ShapeException.require(op, arg, t.shape(), like.shape(), "shape of " + name);
        DTypeException.require(op, arg, t, like.dtype());
    }
}
