package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.AttentionTile.BLOCK;
import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;

import dev.gradine.tensor.kernel.Band;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// The softmax of blocked attention: one block of keys after the other in forward, with `lse` known in backward.
final class AttentionSoftmax {

    private static final FloatVector LANE = FloatVector.zero(F).addIndex(1);
    private static final FloatVector ZERO = FloatVector.zero(F);
    private static final FloatVector HIDDEN = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
    private static final float LEAST = -1e30f; // below any score, and finite: exp(s − max) is 0 where all are hidden

    private AttentionSoftmax() {}

    /// Before the first block.
    static void start(AttentionTile t) {
        Arrays.fill(t.max, LEAST);
        Arrays.fill(t.sum, 0);
    }

    /// Replaces scores `[key][query]` by `exp(s − max)` with the maximum so far, adds them into `sum`, and
    /// leaves in `rescale` by how much earlier sums shrink. What the product with the values reads outside the band
    /// becomes 0.
    ///
    /// @param first where the head's queries begin among those of its group
    static void step(AttentionTile t, int first, int lanes, Band band) {
        int keys = band.keys();
        for (int i = 0; i < lanes; i += LANES) {
            int from = Math.clamp((long) i - BlockProduct.ROWS + band.first(), 0, keys);
            int to = Math.clamp((long) i + LANES + BlockProduct.ROWS + band.last(), 0, keys);
            hideFuture(t.scores, i, Math.clamp((long) i + band.last() + 1, 0, keys), to, i + band.last());
            hidePast(t.scores, i, from, Math.clamp((long) i + LANES + band.first(), 0, to), i + band.first());
            shrink(t, first, i, from, to);
            exponentials(t, first, i, from, to);
        }
    }

    /// Sets lanes below `j − ahead` of rows j to −∞.
    private static void hideFuture(float[] scores, int i, int from, int to, int ahead) {
        for (int j = from; j < to; j++) {
            FloatVector s = FloatVector.fromArray(F, scores, j * BLOCK + i);
            s.blend(Float.NEGATIVE_INFINITY, LANE.lt(j - ahead)).intoArray(scores, j * BLOCK + i);
        }
    }

    /// Sets lanes above `j − behind` of rows j to −∞.
    private static void hidePast(float[] scores, int i, int from, int to, int behind) {
        for (int j = from; j < to; j++) {
            FloatVector s = FloatVector.fromArray(F, scores, j * BLOCK + i);
            HIDDEN.blend(s, LANE.lt(j - behind + 1)).intoArray(scores, j * BLOCK + i);
        }
    }

    private static void shrink(AttentionTile t, int first, int i, int from, int to) {
        float[] scores = t.scores;
        FloatVector before = FloatVector.fromArray(F, t.max, first + i);
        FloatVector even = before;
        FloatVector odd = before;
        int end = to * BLOCK;
        int at = from * BLOCK + i;
        for (; at < end - BLOCK; at += 2 * BLOCK) {
            even = FloatVector.fromArray(F, scores, at).max(even);
            odd = FloatVector.fromArray(F, scores, at + BLOCK).max(odd);
        }
        if (at < end) even = FloatVector.fromArray(F, scores, at).max(even);
        FloatVector now = Vectors.exact(even).max(odd);
        now.intoArray(t.max, first + i);
        VectorMath.exp(before.sub(now)).intoArray(t.rescale, first + i);
    }

    private static void exponentials(AttentionTile t, int first, int i, int from, int to) {
        float[] scores = t.scores;
        FloatVector now = FloatVector.fromArray(F, t.max, first + i);
        FloatVector total =
                FloatVector.fromArray(F, t.sum, first + i).mul(FloatVector.fromArray(F, t.rescale, first + i));
        for (int j = from; j < to; j++) {
            FloatVector e = VectorMath.exp(
                    FloatVector.fromArray(F, scores, j * BLOCK + i).sub(now));
            e.intoArray(scores, j * BLOCK + i);
            total = e.add(total);
        }
        total.intoArray(t.sum, first + i);
    }

    /// Shrinks what earlier blocks added to the output.
    static void rescale(AttentionTile t, int first, int queries) {
        for (int r = first; r < first + queries; r++) {
            float factor = t.rescale[r];
            if (factor != 1) scale(t, r, factor);
        }
    }

    /// Divides the output by the sums, and writes `lse`, whose entries lie `stride` values apart.
    static void finish(AttentionTile t, int first, int queries, long lse, int stride) {
        for (int r = first; r < first + queries; r++) {
            float sum = t.sum[r];
            scale(t, r, 1 / sum);
            Vectors.set(lse, (long) (r - first) * stride, (float) (t.max[r] + Math.log(sum)));
        }
    }

    private static void scale(AttentionTile t, int r, float factor) {
        float[] out = t.out;
        int end = (r + 1) * t.width();
        for (int at = r * t.width(); at < end; at += LANES) {
            FloatVector.fromArray(F, out, at).mul(factor).intoArray(out, at);
        }
    }

    /// Columns of a block of scores `[query][key]` that products read.
    private static int columns(Band band) {
        return Math.ceilDiv(band.keys(), BlockProduct.ROWS) * BlockProduct.ROWS;
    }

    /// The first column of row i that a product reads, or one before it where a vector begins.
    static int firstColumn(int i, Band band) {
        return Math.max(0, i + band.first() + 1 - BlockProduct.ROWS) / LANES * LANES;
    }

    /// Behind the last column of row i that a product reads; none may be left.
    static int endColumn(int i, Band band) {
        return Math.min(columns(band), i + band.last() + BlockProduct.ROWS);
    }

    /// Hides what lies outside the band from the gradient, in scores `[query][key]` and in `dScores`, as far as a
    /// product reads them.
    static void hide(AttentionTile t, int queries, Band band) {
        if (columns(band) > band.last() + 1) hideFuture(t, queries, band);
        if (queries + band.first() > 1) hidePast(t, queries, band);
    }

    private static void hideFuture(AttentionTile t, int queries, Band band) {
        for (int i = Math.max(0, -BlockProduct.ROWS - band.last()); i < queries; i++) {
            int end = endColumn(i, band);
            for (int j = Math.max(0, i + band.last() + 1) / LANES * LANES; j < end; j += LANES) {
                var seen = LANE.lt(i + band.last() + 1 - j);
                int at = i * BLOCK + j;
                HIDDEN.blend(FloatVector.fromArray(F, t.scores, at), seen).intoArray(t.scores, at);
                ZERO.blend(FloatVector.fromArray(F, t.dScores, at), seen).intoArray(t.dScores, at);
            }
        }
    }

    private static void hidePast(AttentionTile t, int queries, Band band) {
        for (int i = Math.max(0, -band.first()); i < queries; i++) {
            int end = Math.min(columns(band), i + band.first());
            for (int j = firstColumn(i, band); j < end; j += LANES) {
                var hidden = LANE.lt(i + band.first() - j);
                int at = i * BLOCK + j;
                FloatVector.fromArray(F, t.scores, at).blend(HIDDEN, hidden).intoArray(t.scores, at);
                FloatVector.fromArray(F, t.dScores, at).blend(ZERO, hidden).intoArray(t.dScores, at);
            }
        }
    }

    /// Replaces scores `[query][key]` by `P = exp(s − lse)`, and `dScores`, which holds dP, by
    /// `scale · P · (dP − delta)`. `max` holds lse and `sum` holds delta.
    ///
    /// @param capped whether the cap's gradient has taken delta away already
    static void gradient(AttentionTile t, int queries, Band band, float scale, boolean capped) {
        for (int i = Math.max(0, 1 - BlockProduct.ROWS - band.last()); i < queries; i++) {
            int from = i * BLOCK + firstColumn(i, band);
            gradientRow(t, from, i * BLOCK + endColumn(i, band), t.max[i], capped ? 0 : t.sum[i], scale);
        }
    }

    private static void gradientRow(AttentionTile t, int from, int end, float lse, float delta, float scale) {
        float[] scores = t.scores;
        float[] dScores = t.dScores;
        FloatVector lseV = FloatVector.broadcast(F, lse);
        FloatVector deltaV = FloatVector.broadcast(F, delta);
        FloatVector scaleV = FloatVector.broadcast(F, scale);
        for (int at = from; at < end; at += LANES) {
            FloatVector p = VectorMath.exp(FloatVector.fromArray(F, scores, at).sub(lseV));
            p.intoArray(scores, at);
            FloatVector dp = FloatVector.fromArray(F, dScores, at).sub(deltaV);
            dp.mul(p).mul(scaleV).intoArray(dScores, at);
        }
    }
}
