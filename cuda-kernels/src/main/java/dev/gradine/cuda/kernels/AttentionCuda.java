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
import dev.gradine.tensor.kernel.Segments;

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
    public void forward(Tensor q, Tensor k, Tensor v, Heads heads, Segments segments, Tensor y, Tensor lse) {
        require("attention", q, k, v, heads, segments);
        requireLike("attention", "y", y, q, "q");
        DTypeException.require("attention", "lse", lse, DType.F32);
        if (q.size() == 0) return;
        if (AttentionSlices.suit(segments)) {
            split.forward(q, k, v, heads, segments, y, lse);
            return;
        }
        AttentionPath path = AttentionPath.of(heads, q, k, v, y);
        if (hopper.runs("forward", path, heads)) {
            hopper.forward(q, k, v, heads, segments, y, lse);
            return;
        }
        Listed l = lists.of(segments, path.queries(), path.keys());
        Arguments arguments = new Arguments().values(q, k, v, l.address());
        addHeads(arguments, path, heads);
        arguments
                .values(y, lse)
                .launch(
                        gpu,
                        kernel("forward", path),
                        AttentionPath.grid(gpu, l.tiles().queries().size(), heads.heads(), heads, path.forwardBytes()));
    }

    @Override
    public void backward(
            Upstream up,
            Tensor q,
            Tensor k,
            Tensor v,
            Heads heads,
            Segments segments,
            Tensor dq,
            Tensor dk,
            Tensor dv) {
        require("attention_gradient", q, k, v, heads, segments);
        requireLike("attention_gradient", "dy", up.dy(), q, "q");
        requireLike("attention_gradient", "y", up.y(), q, "q");
        requireLike("attention_gradient", "dq", dq, q, "q");
        requireLike("attention_gradient", "dk", dk, k, "k");
        requireLike("attention_gradient", "dv", dv, v, "v");
        if (k.size() == 0) return;
        AttentionPath path = AttentionPath.of(heads, q, k, v, up.dy(), dq, dk, dv);
        long delta = delta(up, heads, segments);
        if (q.size() > 0 && hopper.runs("backward_q", path, heads) && hopper.runs("backward_kv", path, heads)) {
            hopper.backwardQ(up, delta, q, k, v, heads, segments, dq);
            hopper.backwardKv(up, delta, q, k, v, heads, segments, dk, dv);
            return;
        }
        Listed l = lists.of(segments, path.queries(), path.keys());
        if (q.size() > 0) {
            Arguments arguments = new Arguments().values(up.dy(), up.lse(), delta, q, k, v, l.address());
            addHeads(arguments, path, heads);
            Grid grid = AttentionPath.grid(gpu, l.tiles().queries().size(), heads.heads(), heads, path.queryBytes());
            arguments.values(dq).launch(gpu, kernel("backward_q", path), grid);
        }
        Arguments arguments = new Arguments().values(up.dy(), up.lse(), delta, q, k, v);
        arguments.values(l.keys(), l.sources());
        addHeads(arguments, path, heads);
        Grid grid = AttentionPath.grid(gpu, l.tiles().keys().size(), heads.kvHeads(), heads, path.keyBytes());
        arguments.values(dk, dv).launch(gpu, kernel("backward_kv", path), grid);
    }

    /// Σ y · dy of every row and head, at the address returned.
    private long delta(Upstream up, Heads heads, Segments segments) {
        int rows = segments.queries() * heads.heads();
        long delta = deltas.room(4L * Math.max(1, rows));
        if (rows == 0) return delta;
        String suffix = up.y().dtype() == DType.F32 ? "_f32" : "_bf16";
        new Arguments()
                .values(up.y(), up.dy(), delta, rows, heads.headDim())
                .launch(
                        gpu,
                        new Kernel("attention", "attention_delta" + suffix),
                        Grid.of(Math.ceilDiv(rows, AttentionPath.THREADS / 32), AttentionPath.THREADS));
        return delta;
    }

    private static void addHeads(Arguments to, AttentionPath path, Heads heads) {
        to.values(heads.heads(), heads.kvHeads());
        if (path.takesHeadDim()) to.values(heads.headDim());
        to.values(heads.scale());
    }

    private static Kernel kernel(String pass, AttentionPath path) {
        return new Kernel("attention", "attention_" + pass + path.suffix());
    }

    private static void require(String op, Tensor q, Tensor k, Tensor v, Heads heads, Segments segments) {
        RealType.requireActivation(op, "q", q);
        int width = heads.heads() * heads.headDim();
        int kvWidth = heads.kvHeads() * heads.headDim();
        requireSize(op, "q", q, Shape.of(segments.queries(), width));
        requireSize(op, "k", k, Shape.of(segments.keys(), kvWidth));
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
