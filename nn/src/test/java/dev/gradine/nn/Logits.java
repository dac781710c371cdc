package dev.gradine.nn;

import dev.gradine.autograd.Tape;
import dev.gradine.tensor.Kernels;
import java.util.Arrays;
import java.util.List;

/// What a model says of a few tokens, read at once or through a cache.
final class Logits {

    private Logits() {}

    /// Logits of every position of the packed sequences.
    static float[] of(CausalLm model, Kernels run, List<int[]> sequences) {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.noGrad(k);
            return k.download(
                    Policy.of(model).logits(t, TokenBatch.of(sequences)).value());
        }
    }

    /// Logits of every position of one sequence that is read through a cache in pieces of the given length.
    static float[] cached(CausalLm model, Kernels run, int[] ids, int piece) {
        float[] all = new float[ids.length * model.vocabSize()];
        try (Kernels k = run.openStep()) {
            KvCache cache = model.newCache(k, ids.length);
            for (int at = 0; at < ids.length; at += piece) {
                try (Kernels scratch = k.openStep()) {
                    int[] part = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + piece));
                    Pass pass = Pass.continuing(Tape.noGrad(scratch), part, cache);
                    float[] logits = scratch.download(
                            model.head().logits(model.hidden(pass), pass).value());
                    System.arraycopy(logits, 0, all, at * model.vocabSize(), logits.length);
                }
            }
        }
        return all;
    }
}
