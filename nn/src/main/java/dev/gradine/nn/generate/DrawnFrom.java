package dev.gradine.nn.generate;

import dev.gradine.tensor.kernel.SamplingParams;
import java.util.Arrays;

/// What a token is drawn from: the logits z as they are after `LogitChanges`, warmed, and cut as
/// [dev.gradine.tensor.kernel.SamplingKernel] cuts.
///
/// ```
/// z[t] = (z[t] − max z) / temperature     for tokens that may be drawn
/// z[t] = −∞                               for the others
/// ```
///
/// Where the likeliest token is taken, z stays as it is: `processed_logprobs` of vLLM.
final class DrawnFrom {

    private DrawnFrom() {}

    /// Turns `z` into it.
    ///
    /// @param drawn the token; where the device's rounding of a sum let it just pass, it passes here
    static void change(float[] z, SamplingParams params, int drawn) {
        if (params.isGreedy()) return;
        int[] order = params.cuts() ? falling(z) : new int[0];
        float max = Float.NEGATIVE_INFINITY;
        for (float x : z) max = Math.max(max, x);
        for (int t = 0; t < z.length; t++) z[t] = (float) ((z[t] - max) / params.temperature());
        if (!params.cuts()) return;
        int kept = kept(z, order, params);
        while (kept < order.length && !holds(order, kept, drawn)) kept++;
        for (int i = kept; i < order.length; i++) z[order[i]] = Float.NEGATIVE_INFINITY;
    }

    private static boolean holds(int[] order, int count, int token) {
        for (int i = 0; i < count; i++) if (order[i] == token) return true;
        return false;
    }

    /// Tokens by falling logit, ties by token.
    private static int[] falling(float[] z) {
        long[] keys = new long[z.length];
        for (int t = 0; t < z.length; t++) {
            int bits = Float.floatToIntBits(z[t] + 0f); // −0 is 0
            int signed = bits >= 0 ? bits : bits ^ Integer.MAX_VALUE; // sorts as floats do
            keys[t] = ~((long) signed) << 32 | t;
        }
        Arrays.sort(keys);
        return Arrays.stream(keys).mapToInt(k -> (int) k).toArray();
    }

    /// How many of them may be drawn: the topK first, of these the fewest that reach topP, of these those of minP.
    private static int kept(float[] warmed, int[] order, SamplingParams params) {
        int most = params.topK() == 0 ? order.length : Math.min(params.topK(), order.length);
        double all = 0;
        for (int i = 0; i < most; i++) all += Math.exp(warmed[order[i]]);
        double reached = 0;
        int kept = 0;
        while (kept < most) {
            double p = Math.exp(warmed[order[kept]]); // 1 for the first
            boolean isEnough = kept > 0 && (p < params.minP() || (params.topP() < 1 && reached >= params.topP() * all));
            if (isEnough) break;
            reached += p;
            kept++;
        }
        return kept;
    }
}
