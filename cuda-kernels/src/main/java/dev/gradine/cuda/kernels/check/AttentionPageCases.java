package dev.gradine.cuda.kernels.check;

import static dev.gradine.cuda.kernels.check.AttentionCases.forward;
import static dev.gradine.cuda.kernels.check.AttentionCases.heads;

import dev.gradine.cuda.kernels.check.AttentionCases.Layout;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.List;

/// Forward of attention with keys in pages of 96 rows, which end within tiles of 64 and 128 keys: in any order, some
/// in common, under masks that begin within a page; and few queries behind so many keys that these are split.
final class AttentionPageCases {

    private static final int ROWS = 7 * 96 + 5; // some behind the last page

    private static final Layout READING = new Layout(
            "1, 33, 70, 140 behind 96, 167, 0, 60 keys in pages",
            Sequences.paged(
                    new int[] {0, 1, 34, 104, 244},
                    List.of(new int[] {6, 1}, new int[] {6, 0, 5}, new int[] {4}, new int[] {2, 1, 3}),
                    new int[] {97, 200, 70, 200},
                    ROWS));

    private static final Layout DECODING = new Layout(
            "2, 1, 1 behind 300, 190, 96 keys in pages",
            Sequences.paged(
                    new int[] {0, 2, 3, 4},
                    List.of(new int[] {4, 0, 6, 2}, new int[] {4, 5}, new int[] {4, 3}),
                    new int[] {302, 191, 97},
                    ROWS));

    private static final Layout FOLLOWING = new Layout(
            "130 and 60 behind 100 and 0 keys in pages that follow one another",
            Sequences.paged(
                    new int[] {0, 130, 190}, List.of(new int[] {3, 4, 5}, new int[] {1}), new int[] {230, 60}, ROWS));

    private AttentionPageCases() {}

    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        AttentionSpec f32 = heads(4, 2, 16);
        for (Mask mask : List.of(new Mask.Causal(), new Mask.Full(), new Mask.Window(40), new Mask.Chunk(70))) {
            all.add(forward(READING, DType.F32, f32.with(mask)));
            for (int d : new int[] {64, 128})
                all.add(forward(READING, DType.BF16, heads(2, 1, d).with(mask)));
        }
        all.add(forward(READING, DType.F32, heads(1, 1, 7).withSoftCap(2)));
        all.add(forward(READING, DType.BF16, heads(3, 1, 20)));
        for (Mask mask : List.of(new Mask.Causal(), new Mask.Window(200))) {
            all.add(forward(DECODING, DType.F32, f32.with(mask)));
            all.add(forward(DECODING, DType.BF16, heads(4, 1, 64).with(mask)));
        }
        all.add(forward(FOLLOWING, DType.F32, f32));
        return all;
    }

    /// For Hopper's kernels, too: pages that follow one another.
    static KernelCase following(AttentionSpec spec) {
        return forward(FOLLOWING, DType.BF16, spec);
    }

    /// For the kernels of all GPUs on a Hopper, too.
    static KernelCase apart() {
        return forward(READING, DType.BF16, heads(2, 1, 64));
    }
}
