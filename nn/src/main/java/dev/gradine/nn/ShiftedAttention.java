package dev.gradine.nn;

import static dev.gradine.autograd.op.Attention.attention;
import static dev.gradine.autograd.op.Concat.concatColumns;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;

/// Shifted sparse attention of LongLoRA, for training: tokens attend within groups, and for half of the heads the
/// groups lie half a group further, so that what a token knows travels on from layer to layer.
///
/// ```
/// heads 0 … H/2 − 1      position p sees j ≤ p with ⌊j/g⌋ = ⌊p/g⌋
/// heads H/2 … H − 1      position p sees j ≤ p with ⌊(j + g/2)/g⌋ = ⌊(p + g/2)/g⌋
/// ```
///
/// Chen et al. 2024 (arXiv:2309.12307), section 3.2. As in the authors' code for fine-tuning, the first and the last
/// half group of shifted heads are groups of their own; rolled into one, as in the paper's listing, the first tokens
/// would see the last. A sequence need not be a multiple of the group. Layers whose window is not the whole sequence
/// keep it.
final class ShiftedAttention {

    private ShiftedAttention() {}

    /// `f32[N,H·D]`
    ///
    /// @param group positions of a group g, even
    /// @throws IllegalArgumentException if there is one head only
    static Var attended(SelfAttention.Qkv x, AttentionSpec spec, int group, Sequences rows) {
        if (!(spec.mask() instanceof Mask.Causal)) return attention(x.q(), x.k(), x.v(), spec, rows);
        if (spec.heads() < 2) {
            throw new IllegalArgumentException(
                    "longlora-group: %d, expected none: a layer has 1 head, and half of them".formatted(group)
                            + " are shifted");
        }
        int half = spec.heads() / 2;
        Var plain = part(x, spec.with(new Mask.Chunk(group)), 0, half, rows);
        Var shifted = part(x, spec.with(new Mask.Chunk(group, group / 2)), half, spec.heads(), rows);
        return concatColumns(plain, shifted);
    }

    /// Heads `from` to before `to`, with the keys and values they read; where the border lies among heads that share
    /// keys, each head gets its own copy.
    private static Var part(SelfAttention.Qkv x, AttentionSpec spec, int from, int to, Sequences rows) {
        int d = spec.headDim();
        int shared = spec.perGroup();
        boolean whole = from % shared == 0 && to % shared == 0;
        int keys = whole ? (to - from) / shared : to - from;
        var own = new AttentionSpec(to - from, keys, d, spec.scale(), spec.softCap(), spec.mask());
        Var q = sliceColumns(x.q(), from * d, to * d);
        if (whole) {
            Var k = sliceColumns(x.k(), from / shared * d, to / shared * d);
            return attention(q, k, sliceColumns(x.v(), from / shared * d, to / shared * d), own, rows);
        }
        return attention(q, copies(x.k(), spec, from, to), copies(x.v(), spec, from, to), own, rows);
    }

    private static Var copies(Var kv, AttentionSpec spec, int from, int to) {
        Var[] all = new Var[to - from];
        for (int h = from; h < to; h++) {
            int at = h / spec.perGroup() * spec.headDim();
            all[h - from] = sliceColumns(kv, at, at + spec.headDim());
        }
        return concatColumns(all[0], java.util.Arrays.copyOfRange(all, 1, all.length));
    }
}
