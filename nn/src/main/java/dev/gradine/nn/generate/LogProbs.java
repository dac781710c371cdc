package dev.gradine.nn.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/// Log-probabilities of tokens from the logits z of their place.
///
/// ```
/// log p(t) = z[t] − log Σ exp z
/// ```
final class LogProbs {

    private LogProbs() {}

    /// Turns logits into log-probabilities.
    static void normalise(float[] logits) {
        double norm = logSumExp(logits);
        for (int t = 0; t < logits.length; t++) logits[t] = (float) (logits[t] - norm);
    }

    /// That of token `id`, and the `most` likeliest.
    static DrawnToken of(float[] logits, int id, int most) {
        double norm = logSumExp(logits);
        List<DrawnToken.Likely> likeliest = new ArrayList<>();
        for (int t : largest(logits, most)) likeliest.add(new DrawnToken.Likely(t, (float) (logits[t] - norm)));
        return new DrawnToken(id, (float) (logits[id] - norm), likeliest);
    }

    private static double logSumExp(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        for (float z : logits) max = Math.max(max, z);
        double sum = 0;
        for (float z : logits) sum += Math.exp(z - max);
        return max + Math.log(sum);
    }

    /// By falling logit, ties by token.
    static List<Integer> largest(float[] logits, int most) {
        PriorityQueue<Integer> heap =
                new PriorityQueue<>((a, b) -> logits[a] != logits[b] ? Float.compare(logits[a], logits[b]) : b - a);
        for (int t = 0; t < logits.length && most > 0; t++) {
            if (heap.size() == most && logits[t] <= logits[heap.element()]) continue;
            heap.add(t);
            if (heap.size() > most) heap.remove();
        }
        List<Integer> falling = new ArrayList<>();
        while (!heap.isEmpty()) falling.addFirst(heap.remove());
        return falling;
    }
}
