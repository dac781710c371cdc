package dev.gradine.cuda.kernels.check;

import static dev.gradine.cuda.kernels.check.AttentionCases.backward;
import static dev.gradine.cuda.kernels.check.AttentionCases.forward;
import static dev.gradine.cuda.kernels.check.AttentionCases.heads;

import dev.gradine.cuda.kernels.check.AttentionCases.Layout;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.List;

/// Attention that is not causal, with soft caps, with keys that lie apart and with more queries than keys: windows and
/// chunks shorter than a tile, about as long and longer, also across the end of a shared prompt.
final class AttentionMaskCases {

    private static final Mask CAUSAL = new Mask.Causal();
    private static final Mask FULL = new Mask.Full();
    private static final Layout SHORT = new Layout("1, 7, 31, 33", Sequences.packed(0, 1, 8, 39, 72));
    private static final Layout LONG = new Layout("70, 130", Sequences.packed(0, 70, 200));
    private static final Layout BRANCHES = new Layout(
            "33 with branches 7 and 31", Sequences.branching(new int[] {0, 33, 40, 71}, new int[] {-1, 0, 0}));
    private static final Layout CACHES = new Layout(
            "1, 7, 33 behind 8, 0, 17 keys with gaps",
            Sequences.ranges(new int[] {0, 1, 8, 41}, new int[] {100, 3, 40}, new int[] {9, 7, 50}, 120));
    private static final Layout CROSS =
            new Layout("40 see 10, 3 see 35 keys", Sequences.of(new int[] {0, 40, 43}, new int[] {0, 10, 45}));
    private static final Layout DECODING = new Layout("2 behind 300 keys", Sequences.cached(2, 302));

    private AttentionMaskCases() {}

    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        AttentionSpec f32 = heads(4, 2, 16);
        add(all, SHORT, DType.F32, f32, FULL, window(1), window(5), window(33), around(9), chunk(20));
        add(all, BRANCHES, DType.F32, f32, FULL, window(10), chunk(20));
        add(all, CACHES, DType.F32, f32, CAUSAL, window(20));
        add(all, CROSS, DType.F32, f32, FULL);
        for (int d : new int[] {64, 128}) {
            AttentionSpec bf16 = heads(2, 1, d);
            add(all, LONG, DType.BF16, bf16, FULL, window(9), window(80), around(40), chunk(48));
            add(all, BRANCHES, DType.BF16, bf16, FULL, window(10), chunk(20));
            add(all, CACHES, DType.BF16, bf16, CAUSAL, window(20));
            add(all, CROSS, DType.BF16, bf16, FULL);
        }
        addCapped(all);
        addSplit(all);
        return all;
    }

    private static void addCapped(List<KernelCase> to) {
        AttentionSpec f32 = heads(4, 2, 16).withSoftCap(2);
        add(to, SHORT, DType.F32, f32, CAUSAL, window(5));
        add(to, CROSS, DType.F32, f32, FULL);
        add(to, BRANCHES, DType.BF16, heads(2, 1, 64).withSoftCap(2), CAUSAL, chunk(20));
    }

    private static void addSplit(List<KernelCase> to) {
        AttentionSpec f32 = heads(6, 2, 16);
        AttentionSpec bf16 = heads(4, 1, 64);
        for (Mask mask : List.of(FULL, window(200))) {
            to.add(forward(DECODING, DType.F32, f32.with(mask)));
            to.add(forward(DECODING, DType.BF16, bf16.with(mask)));
        }
        to.add(forward(DECODING, DType.F32, f32.withSoftCap(2)));
    }

    private static void add(List<KernelCase> to, Layout layout, DType type, AttentionSpec spec, Mask... masks) {
        for (Mask mask : masks) {
            to.add(forward(layout, type, spec.with(mask)));
            to.add(backward(layout, type, spec.with(mask)));
        }
    }

    private static Mask window(int keys) {
        return new Mask.Window(keys);
    }

    private static Mask around(int reach) {
        return new Mask.Around(reach);
    }

    private static Mask chunk(int keys) {
        return new Mask.Chunk(keys);
    }
}
