package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// One thread's working memory for blocked attention: a tile of queries of one head against blocks of keys.
///
/// Scores lie transposed, `[key][query]`: the softmax runs along lanes without a horizontal operation, and no key is
/// ever transposed. Blocks of head values have rows padded to whole vectors; the padding is zero.
final class AttentionTile {

    /// Queries per tile and keys per block: five blocks of 64 × 64 fit the second-level cache with room to spare.
    static final int BLOCK = 64;

    private static final FloatVector LANE = FloatVector.zero(F).addIndex(1);
    private static final ThreadLocal<AttentionTile> MINE = ThreadLocal.withInitial(AttentionTile::new);

    final BlockProduct product = new BlockProduct();
    final float[] scores = new float[BLOCK * BLOCK];
    final float[] dScores = new float[BLOCK * BLOCK];
    final float[] max = new float[BLOCK];
    final float[] sum = new float[BLOCK];
    final float[] rescale = new float[BLOCK];
    float[] q = {};
    float[] qT = {};
    float[] dy = {};
    float[] dyT = {};
    float[] out = {}; // y in forward, dq in backward
    float[] k = {};
    float[] v = {};
    float[] dk = {};
    float[] dv = {};

    private AttentionTile() {}

    /// This thread's tile, with room for heads of `d` values and `keys` keys, both padded.
    static AttentionTile of(int d, int keys) {
        AttentionTile t = MINE.get();
        int width = padded(d);
        t.q = room(t.q, BLOCK * width);
        t.qT = room(t.qT, BLOCK * width);
        t.dy = room(t.dy, BLOCK * width);
        t.dyT = room(t.dyT, BLOCK * width);
        t.out = room(t.out, BLOCK * width);
        int size = (keys + 3) / 4 * 4 * width;
        t.k = room(t.k, size);
        t.v = room(t.v, size);
        return t;
    }

    /// Room for the gradients of `keys` keys, zeroed.
    void clearKeyGradients(int d, int keys) {
        int size = (keys + 3) / 4 * 4 * padded(d);
        dk = room(dk, size);
        dv = room(dv, size);
        Arrays.fill(dk, 0, size, 0);
        Arrays.fill(dv, 0, size, 0);
    }

    private static float[] room(float[] array, int n) {
        return array.length < n ? new float[n] : array;
    }

    /// `n` rounded up to whole vectors.
    static int padded(int n) {
        return (n + LANES - 1) / LANES * LANES;
    }

    /// Copies `rows` rows of `d` values, `stride` apart from `at` on, and zeroes the padding of each.
    static void pack(MemorySegment from, long at, int stride, int rows, int d, float[] to) {
        int width = padded(d);
        for (int r = 0; r < rows; r++) {
            Vectors.read(from, at + (long) r * stride, to, r * width, d);
            for (int i = d; i < width; i++) to[r * width + i] = 0;
        }
    }

    /// Copies rows back.
    static void unpack(float[] from, int rows, int d, MemorySegment to, long at, int stride) {
        int width = padded(d);
        for (int r = 0; r < rows; r++) Vectors.write(from, r * width, to, at + (long) r * stride, d);
    }

    /// `to[i][r] = factor · from[r][i]` for `rows` rows of `d` values; rows are padded with zeros to whole vectors.
    static void transpose(float[] from, int rows, int d, float factor, float[] to) {
        int width = padded(d);
        int lanes = padded(rows);
        for (int i = 0; i < d; i++) {
            int at = i * lanes;
            for (int r = 0; r < rows; r++) to[at + r] = factor * from[r * width + i];
            for (int r = rows; r < lanes; r++) to[at + r] = 0;
        }
    }

    /// Sets the score of key j for query i to −∞ where `j > i + ahead`.
    void hideFuture(int keys, int queries, int ahead) {
        int lanes = padded(queries);
        for (int j = Math.max(0, ahead + 1); j < keys; j++) {
            for (int i = 0; i < lanes && i < j - ahead; i += LANES) {
                VectorMask<Float> hidden = LANE.lt(j - ahead - i);
                int at = j * lanes + i;
                FloatVector.fromArray(F, scores, at)
                        .blend(Float.NEGATIVE_INFINITY, hidden)
                        .intoArray(scores, at);
            }
        }
    }

    /// One step of the online softmax: replaces scores by `exp(s − max)` with the maximum so far, adds them into `sum`,
    /// and leaves in `rescale` by how much earlier sums shrink.
    void softmaxStep(int keys, int queries) {
        int lanes = padded(queries);
        for (int i = 0; i < lanes; i += LANES) {
            shrink(i, keys, lanes);
            addExponentials(i, keys, lanes);
        }
    }

    private void shrink(int i, int keys, int lanes) {
        FloatVector before = FloatVector.fromArray(F, max, i);
        FloatVector now = before;
        int end = keys * lanes;
        for (int at = i; at < end; at += lanes) now = now.max(FloatVector.fromArray(F, scores, at));
        now.intoArray(max, i);
        VectorMath.exp(before.sub(now)).intoArray(rescale, i);
    }

    private void addExponentials(int i, int keys, int lanes) {
        FloatVector now = FloatVector.fromArray(F, max, i);
        FloatVector total = FloatVector.fromArray(F, sum, i).mul(FloatVector.fromArray(F, rescale, i));
        int end = keys * lanes;
        for (int at = i; at < end; at += lanes) {
            FloatVector e = VectorMath.exp(FloatVector.fromArray(F, scores, at).sub(now));
            e.intoArray(scores, at);
            total = total.add(e);
        }
        total.intoArray(sum, i);
    }

    /// Multiplies row i of `out` by `factor[i]`.
    void scaleRows(float[] factor, int rows, int d) {
        int width = padded(d);
        for (int r = 0; r < rows; r++) {
            if (factor[r] == 1) continue;
            FloatVector f = FloatVector.broadcast(F, factor[r]);
            for (int i = 0; i < width; i += LANES) {
                FloatVector.fromArray(F, out, r * width + i).mul(f).intoArray(out, r * width + i);
            }
        }
    }

    /// Replaces scores by `P = exp(s − lse)` and `dScores`, which holds `dP`, by `scale · P · (dP − delta)`. `max`
    /// holds
    /// lse and `sum` holds delta. Rows that only round `keys` up to fours become 0, as their products are added to
    /// keys that a later tile may see.
    void softmaxGradient(int keys, int queries, float scale) {
        int lanes = padded(queries);
        Arrays.fill(scores, keys * lanes, (keys + 3) / 4 * 4 * lanes, 0);
        Arrays.fill(dScores, keys * lanes, (keys + 3) / 4 * 4 * lanes, 0);
        for (int i = 0; i < lanes; i += LANES) {
            FloatVector lse = FloatVector.fromArray(F, max, i);
            FloatVector delta = FloatVector.fromArray(F, sum, i);
            int end = keys * lanes;
            for (int at = i; at < end; at += lanes) {
                FloatVector p =
                        VectorMath.exp(FloatVector.fromArray(F, scores, at).sub(lse));
                p.intoArray(scores, at);
                FloatVector dp = FloatVector.fromArray(F, dScores, at).sub(delta);
                p.mul(scale).mul(dp).intoArray(dScores, at);
            }
        }
    }
}
