package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.List;

/// Attention over packed sequences with lengths around the tiles of 32, 64 and 128, with cached keys,
/// with branches of a shared prompt, with several query heads to a key head; and few queries behind so many keys that
/// these are split.
public final class AttentionCases {

    private static final double EPSILON = 0x1p-24; // of one rounding to f32
    private static final double EXPONENT = 16; // largest score, whose rounding errors exp turns into relative ones

    private AttentionCases() {}

    record Layout(String name, Sequences sequences) {}

    /// Every case.
    public static List<KernelCase> all() {
        List<Layout> layouts = List.of(
                new Layout("1, 7, 31, 33", Sequences.packed(0, 1, 8, 39, 72)),
                new Layout("65", Sequences.packed(0, 65)),
                new Layout("3 after 62 keys", Sequences.cached(3, 65)),
                new Layout("20 after 45 keys", Sequences.cached(20, 65)),
                new Layout("1 of 34 keys", Sequences.cached(1, 34)),
                new Layout(
                        "33 with branches 7 and 31",
                        Sequences.branching(new int[] {0, 33, 40, 71}, new int[] {-1, 0, 0})));
        List<KernelCase> all = new ArrayList<>();
        for (Layout layout : layouts) {
            add(all, layout, DType.F32, 4, 2, 16);
            add(all, layout, DType.BF16, 2, 1, 64);
        }
        add(all, layouts.get(0), DType.F32, 2, 2, 7);
        add(all, layouts.get(1), DType.F32, 1, 1, 64);
        add(all, layouts.getLast(), DType.BF16, 3, 1, 20);
        add(all, layouts.get(0), DType.BF16, 1, 1, 128);
        add(all, new Layout("129", Sequences.packed(0, 129)), DType.BF16, 1, 1, 64);
        add(all, new Layout("131", Sequences.packed(0, 131)), DType.BF16, 1, 1, 128);
        // an odd number of blocks of queries from one sequence, then those of another
        add(all, layouts.getLast(), DType.BF16, 1, 1, 64);
        add(all, layouts.getLast(), DType.BF16, 1, 1, 128);
        addSplit(all);
        all.addAll(AttentionMaskCases.all());
        all.addAll(AttentionPageCases.all());
        return List.copyOf(all);
    }

    /// Cases for which there are kernels for Hopper alone: around its tiles of 128 or 192 queries and 128
    /// keys, with keys in two ranges, and more pieces of work than blocks.
    public static List<KernelCase> hopper() {
        Layout lengths = new Layout("1, 127, 128, 129, 300", Sequences.packed(0, 1, 128, 256, 385, 685));
        Layout branches = new Layout(
                "193 with branches 65 and 130",
                Sequences.branching(new int[] {0, 193, 258, 388}, new int[] {-1, 0, 0}));
        Layout cached =
                new Layout("200 after 70, 5 after 300", Sequences.of(new int[] {0, 200, 205}, new int[] {0, 270, 575}));
        Layout few = new Layout("150 and 70", Sequences.packed(0, 150, 220));
        Layout shared = new Layout(
                "70 with branches 66 and 3", Sequences.branching(new int[] {0, 70, 136, 139}, new int[] {-1, 0, 0}));
        Layout apart = new Layout(
                "150 and 70 with gaps among the keys",
                Sequences.ranges(new int[] {0, 150, 220}, new int[] {140, 5}, new int[] {150, 70}, 300));
        return List.of(
                forward(lengths, DType.BF16, heads(2, 1, 64)),
                forward(lengths, DType.BF16, heads(1, 1, 128)),
                forward(branches, DType.BF16, heads(3, 1, 64)),
                forward(branches, DType.BF16, heads(2, 2, 128)),
                forward(cached, DType.BF16, heads(1, 1, 64)),
                forward(cached, DType.BF16, heads(4, 2, 128)),
                backward(few, DType.BF16, heads(1, 1, 64)),
                backward(few, DType.BF16, heads(2, 1, 128)),
                backward(shared, DType.BF16, heads(3, 1, 64)),
                backward(shared, DType.BF16, heads(1, 1, 128)),
                forward(lengths, DType.BF16, heads(1, 1, 64).with(new Mask.Chunk(140))),
                AttentionPageCases.following(heads(2, 1, 64)),
                AttentionPageCases.following(heads(1, 1, 128)),
                backward(few, DType.BF16, heads(1, 1, 64).with(new Mask.Chunk(100))),
                backward(apart, DType.BF16, heads(1, 1, 128)),
                backward(cached, DType.BF16, heads(1, 1, 64)),
                backward(cached, DType.BF16, heads(1, 1, 128)));
    }

    static AttentionSpec heads(int heads, int kvHeads, int headDim) {
        return AttentionSpec.causal(heads, kvHeads, headDim, (float) (0.5 / Math.sqrt(headDim)));
    }

    private static String what(Layout layout, AttentionSpec h) {
        String mask = h.mask() instanceof Mask.Causal ? "" : ", " + h.mask();
        String cap = h.softCap() == 0 ? "" : ", cap " + h.softCap();
        return "%s%s%s, heads %d of %d, size %d".formatted(layout.name, mask, cap, h.heads(), h.kvHeads(), h.headDim());
    }

    private static void addSplit(List<KernelCase> to) {
        for (int[] n : new int[][] {{1, 128}, {1, 1000}, {2, 127}, {7, 301}, {16, 113}}) {
            Layout layout = new Layout(n[0] + " behind " + n[1] + " keys", Sequences.cached(n[0], n[0] + n[1]));
            to.add(forward(layout, DType.F32, heads(6, 2, 16)));
            to.add(forward(layout, DType.BF16, heads(4, 1, 64)));
        }
        int[] queries = {0, 1, 3, 10, 10, 26};
        int[] keys = {0, 1, 303, 510, 550, 679};
        Layout several = new Layout("1, 2, 7, 0, 16 behind 0, 300, 200, 40, 113 keys", Sequences.of(queries, keys));
        to.add(forward(several, DType.F32, heads(3, 1, 7)));
        to.add(forward(several, DType.BF16, heads(4, 4, 20)));
        to.add(forward(several, DType.BF16, heads(2, 1, 128)));
        to.add(backward(several, DType.F32, heads(3, 1, 7))); // keys that no query sees among them
        to.add(backward(several, DType.BF16, heads(4, 4, 20)));
        for (int d : new int[] {64, 128}) to.add(backward(several, DType.BF16, heads(2, 1, d)));
        to.add(forward(new Layout("1 behind 4500 keys", Sequences.cached(1, 4501)), DType.F32, heads(2, 1, 8)));
    }

    private static void add(List<KernelCase> to, Layout layout, DType type, int heads, int kvHeads, int headDim) {
        AttentionSpec h = heads(heads, kvHeads, headDim);
        to.add(forward(layout, type, h));
        to.add(backward(layout, type, h));
    }

    /// A score of size `EXPONENT` errs by that many roundings, exp passes this on, twice as both devices
    /// do so, and sums add 8 ε √n. In bf16 P or dS is rounded before it is multiplied and the result
    /// afterwards. That makes two roundings at most, as long as sums do not cancel: so values of one sign
    /// are taken there. Kernels do not ask for signs, and in f32 there are both.
    private static double bound(DType type, Sequences s) {
        double single = EPSILON * (2 * EXPONENT + 8 * Math.sqrt(s.keys()) + 64);
        return type == DType.F32 ? single : single + 2 * MatMulCases.BF16_EPSILON;
    }

    static KernelCase forward(Layout layout, DType type, AttentionSpec h) {
        Sequences s = layout.sequences;
        return KernelCase.of("attention_forward " + what(layout, h), type, bound(type, s), in -> {
            Tensor y = in.out(s.queries(), h.heads() * h.headDim());
            Tensor lse = in.outSingle(s.queries(), h.heads());
            in.kernels().attention().forward(queries(in, 1, h, s), keys(in, 2, h, s), keys(in, 3, h, s), h, s, y, lse);
            return List.of(y, lse);
        });
    }

    /// Backward only needs Σ y · dy of the forward's y, so any y will do: one that both devices hold
    /// exactly keeps its rounding to bf16 out of the comparison.
    static KernelCase backward(Layout layout, DType type, AttentionSpec h) {
        Sequences s = layout.sequences;
        return KernelCase.of("attention_backward " + what(layout, h), type, bound(type, s), in -> {
            Tensor q = queries(in, 1, h, s);
            Tensor k = keys(in, 2, h, s);
            Tensor v = keys(in, 3, h, s);
            Tensor lse = in.outSingle(s.queries(), h.heads());
            in.kernels().attention().forward(q, k, v, h, s, in.out(s.queries(), h.heads() * h.headDim()), lse);
            Tensor dq = in.out(s.queries(), h.heads() * h.headDim());
            Tensor dk = in.out(s.keys(), h.kvHeads() * h.headDim());
            Tensor dv = in.out(s.keys(), h.kvHeads() * h.headDim());
            Upstream up = new Upstream(queries(in, 4, h, s), output(in, h, s), lse);
            in.kernels().attention().backward(up, q, k, v, h, s, dq, dk, dv);
            return List.of(dq, dk, dv);
        });
    }

    private static Tensor queries(Inputs in, long seed, AttentionSpec h, Sequences s) {
        Shape shape = Shape.of(s.queries(), h.heads() * h.headDim());
        return in.data(shape, values(in, seed, shape.size()));
    }

    private static Tensor keys(Inputs in, long seed, AttentionSpec h, Sequences s) {
        Shape shape = Shape.of(s.keys(), h.kvHeads() * h.headDim());
        return in.data(shape, values(in, seed, shape.size()));
    }

    private static float[] values(Inputs in, long seed, int n) {
        float[] x = Inputs.random(seed, n);
        if (in.type() == DType.BF16) for (int i = 0; i < n; i++) x[i] = Math.abs(x[i]);
        return x;
    }

    /// The forward's output, of the sign for which dy · v − Σ y · dy does not cancel.
    private static Tensor output(Inputs in, AttentionSpec h, Sequences s) {
        Shape shape = Shape.of(s.queries(), h.heads() * h.headDim());
        float[] y = values(in, 5, shape.size());
        for (int i = 0; i < y.length; i++) y[i] = -y[i];
        return in.data(shape, y);
    }
}
