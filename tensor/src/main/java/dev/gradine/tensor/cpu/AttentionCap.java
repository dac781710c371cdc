package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.AttentionTile.BLOCK;
import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;

import dev.gradine.tensor.kernel.Band;
import jdk.incubator.vector.FloatVector;

/// The soft cap on attention's scores.
///
/// ```
/// t = tanh(s / cap)      s ← cap · t      d(cap · t)/ds = 1 − t²
/// ```
///
/// Loops of their own, before those of the softmax: with tanh and exp in one loop the compiler would come near the size
/// at which it stops to inline, and every vector would become an object.
final class AttentionCap {

    private static final FloatVector ONE = FloatVector.broadcast(F, 1);

    private AttentionCap() {}

    /// Caps the scores from index `from` on to before `end`, and what follows in the last vector.
    static void apply(float[] scores, int from, int end, float cap) {
        FloatVector inverse = FloatVector.broadcast(F, 1 / cap);
        FloatVector c = FloatVector.broadcast(F, cap);
        for (int at = from; at < end; at += LANES) {
            FloatVector s = FloatVector.fromArray(F, scores, at);
            VectorMath.tanh(s.mul(inverse)).mul(c).intoArray(scores, at);
        }
    }

    /// Caps what a band sees of scores `[key][query]`, in whole vectors.
    static void applyTransposed(float[] scores, int lanes, Band band, float cap) {
        for (int j = 0; j < band.keys(); j++) {
            int from = Math.clamp((long) j - band.last(), 0, lanes) / LANES * LANES;
            int end = Math.clamp((long) j + 1 - band.first(), 0, lanes);
            apply(scores, j * BLOCK + from, j * BLOCK + end, cap);
        }
    }

    /// Caps scores `[query][key]` and turns `dScores`, which holds dP, into `(dP − delta) (1 − t²)`. `sum` holds delta.
    static void gradient(AttentionTile t, int queries, Band band, float cap) {
        for (int i = 0; i < queries; i++) {
            int from = i * BLOCK + AttentionSoftmax.firstColumn(i, band);
            gradientRow(t, from, i * BLOCK + AttentionSoftmax.endColumn(i, band), t.sum[i], cap);
        }
    }

    private static void gradientRow(AttentionTile t, int from, int end, float delta, float cap) {
        FloatVector inverse = FloatVector.broadcast(F, 1 / cap);
        FloatVector c = FloatVector.broadcast(F, cap);
        FloatVector d = FloatVector.broadcast(F, delta);
        for (int at = from; at < end; at += LANES) {
            FloatVector tanh =
                    VectorMath.tanh(FloatVector.fromArray(F, t.scores, at).mul(inverse));
            tanh.mul(c).intoArray(t.scores, at);
            FloatVector slope = ONE.sub(tanh).mul(ONE.add(tanh));
            FloatVector.fromArray(F, t.dScores, at).sub(d).mul(slope).intoArray(t.dScores, at);
        }
    }
}
