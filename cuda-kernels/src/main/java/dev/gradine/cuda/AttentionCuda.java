package dev.gradine.cuda;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.Segments;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Attention on the device, for any head size in f32 arithmetic. What blocks do is listed on the host, once for all
/// layers of a step.
final class AttentionCuda implements AttentionKernel {

    private static final int SPAN = 32; // queries or keys of a tile
    private static final int THREADS = 128;

    private final Gpu gpu;
    private final Workspace lists;
    private final Workspace deltas;
    private @Nullable Listed listed;

    /// The lists on the device are those of `segments`.
    private record Listed(Segments segments, AttentionTiles tiles, long address) {}

    AttentionCuda(Gpu gpu) {
        this.gpu = gpu;
        this.lists = new Workspace(gpu);
        this.deltas = new Workspace(gpu);
    }

    @Override
    public void forward(Tensor q, Tensor k, Tensor v, Heads heads, Segments segments, Tensor y, Tensor lse) {
        require("attention", q, k, v, heads, segments);
        requireLike("attention", "y", y, q, "q");
        DTypeException.require("attention", "lse", lse, DType.F32);
        if (q.size() == 0) return;
        Listed l = listed(segments);
        Grid grid = grid(l.tiles.queries().size(), heads.heads(), 4, 1, heads);
        gpu.launch(
                kernel("forward", q),
                grid,
                q,
                k,
                v,
                l.address,
                heads.heads(),
                heads.kvHeads(),
                heads.headDim(),
                heads.scale(),
                y,
                lse);
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
        requireLike("attention_gradient", "dq", dq, q, "q");
        requireLike("attention_gradient", "dk", dk, k, "k");
        requireLike("attention_gradient", "dv", dv, v, "v");
        if (k.size() == 0) return;
        int rows = segments.queries() * heads.heads();
        long delta = deltas.room(4L * Math.max(1, rows));
        Listed l = listed(segments);
        if (rows > 0) {
            Grid perRow = Grid.of(Math.ceilDiv(rows, THREADS / 32), THREADS);
            gpu.launch(kernel("delta", q), perRow, up.y(), up.dy(), delta, rows, heads.headDim());
            backwardQ(up, q, k, v, heads, l, delta, dq);
        }
        gpu.launch(
                kernel("backward_kv", q),
                grid(l.tiles.keys().size(), heads.kvHeads(), 6, 2, heads),
                up.dy(),
                up.lse(),
                delta,
                q,
                k,
                v,
                l.address + l.tiles.keysAt(),
                l.address + l.tiles.sourcesAt(),
                heads.heads(),
                heads.kvHeads(),
                heads.headDim(),
                heads.scale(),
                dk,
                dv);
    }

    private void backwardQ(
            Upstream up, Tensor q, Tensor k, Tensor v, Heads heads, Listed l, long delta, Tensor dq) {
        gpu.launch(
                kernel("backward_q", q),
                grid(l.tiles.queries().size(), heads.heads(), 5, 1, heads),
                up.dy(),
                up.lse(),
                delta,
                q,
                k,
                v,
                l.address,
                heads.heads(),
                heads.kvHeads(),
                heads.headDim(),
                heads.scale(),
                dq);
    }

    private static Kernel kernel(String pass, Tensor q) {
        return new Kernel("attention", "attention_" + pass + (q.dtype() == DType.F32 ? "_f32" : "_bf16"));
    }

    /// Blocks that hold `rowTiles` tiles of rows and `scoreTiles` tiles of probabilities in shared memory.
    private Grid grid(int tiles, int heads, int rowTiles, int scoreTiles, Heads h) {
        int pitch = Math.ceilDiv(h.headDim(), 8) * 8 + 4;
        long bytes = 4L * SPAN * ((long) rowTiles * pitch + scoreTiles * (SPAN + 4L));
        if (bytes > gpu.sharedBytesPerBlock()) {
            throw new ShapeException("attention: head size is %d, expected one whose tiles fit (%,d of %,d bytes)"
                    .formatted(h.headDim(), bytes, gpu.sharedBytesPerBlock()));
        }
        return new Grid(tiles, heads, 1, THREADS, (int) bytes);
    }

    private Listed listed(Segments segments) {
        Listed l = listed;
        if (l != null && l.segments == segments) return l;
        AttentionTiles tiles = AttentionTiles.of(segments, SPAN, SPAN);
        int[] ints = tiles.toInts();
        long address = lists.room(4L * Math.max(1, ints.length));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocateFrom(ValueLayout.JAVA_INT, ints);
            gpu.upload(from, address);
        }
        Listed now = new Listed(segments, tiles, address);
        listed = now;
        return now;
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
