package dev.gradine.nn;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/// Draws the next token from logits.
///
/// ```
/// p = softmax(logits / temperature), cut to the topK likeliest, then to the fewest whose sum reaches topP
/// ```
///
/// Fan et al. 2018 (arXiv:1805.04833) for top-k, Holtzman et al. 2019 (arXiv:1904.09751), section 3.1, for top-p.
///
/// @param temperature 0 for the likeliest token, always; 1 for the model's own distribution
/// @param topK how many tokens may be drawn; 0 for all
/// @param topP sum of probabilities that may be drawn, in (0, 1]
public record Sampler(double temperature, int topK, double topP) {

    /// The likeliest token, always.
    public static final Sampler GREEDY = new Sampler(0, 0, 1);

    /// @throws IllegalArgumentException if a number is out of range
    public Sampler {
        require("temperature", temperature, temperature >= 0 && Double.isFinite(temperature), "at least 0");
        require("top-k", topK, topK >= 0, "at least 0 (0 for all)");
        require("top-p", topP, topP > 0 && topP <= 1, "above 0 and at most 1");
    }

    private static void require(String name, Object value, boolean ok, String expected) {
        if (!ok) throw new IllegalArgumentException("%s: %s, expected %s".formatted(name, value, expected));
    }

    /// The next token.
    ///
    /// @param logits one a token of the vocabulary, finite
    public int next(float[] logits, RandomGenerator rng) {
        int best = argmax(logits);
        if (temperature == 0) return best;
        int[] order = candidates(logits);
        double[] p = new double[order.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            p[i] = Math.exp((logits[order[i]] - logits[best]) / temperature);
            sum += p[i];
        }
        int kept = nucleus(p, sum);
        double mass = 0;
        for (int i = 0; i < kept; i++) mass += p[i];
        double u = rng.nextDouble() * mass;
        for (int i = 0; i < kept; i++) {
            u -= p[i];
            if (u < 0) return order[i];
        }
        return order[kept - 1];
    }

    /// Tokens by falling logit, ties by number, at most topK of them. Without any cut the order does not matter.
    private int[] candidates(float[] logits) {
        int[] all = new int[logits.length];
        for (int i = 0; i < all.length; i++) all[i] = i;
        if (topK == 0 && topP == 1) return all;
        long[] keys = new long[logits.length];
        for (int i = 0; i < keys.length; i++) keys[i] = descending(logits[i]) << 32 | i;
        Arrays.sort(keys);
        int n = topK == 0 ? keys.length : Math.min(topK, keys.length);
        return Arrays.stream(keys, 0, n).mapToInt(k -> (int) k).toArray();
    }

    /// A number of 31 bits that falls as x rises; floats a last bit apart may share one.
    private static long descending(float x) {
        int bits = Float.floatToIntBits(x);
        int signed = bits >= 0 ? bits : bits ^ 0x7fffffff; // sorts as floats do
        return (0x7fffffffL - signed) >>> 1;
    }

    private int nucleus(double[] p, double sum) {
        if (topP == 1) return p.length;
        double reached = 0;
        for (int i = 0; i < p.length; i++) {
            reached += p[i] / sum;
            if (reached >= topP) return i + 1;
        }
        return p.length;
    }

    /// The first token of the largest logit.
    public static int argmax(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
        return best;
    }
}
