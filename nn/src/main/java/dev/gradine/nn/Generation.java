package dev.gradine.nn;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/// Continues a sequence token by token.
///
/// The prompt is read in pieces, so that its activations never fill more memory than one piece needs.
public final class Generation {

    private static final int PIECE = 512; // tokens of the prompt read at once

    private final CausalLm model;
    private final Kernels run;

    /// @param run lifetime within which caches are opened
    public Generation(CausalLm model, Kernels run) {
        this.model = model;
        this.run = run;
    }

    /// What to write and when to stop.
    ///
    /// @param sampler how a token is drawn
    /// @param maxTokens most tokens to write
    /// @param isEnd whether a token ends the text; it is not written
    public record Request(Sampler sampler, int maxTokens, IntPredicate isEnd) {}

    /// Continues `prompt`, telling `onToken` of each token as it comes; it returns false to stop.
    ///
    /// @return the tokens written
    /// @throws IllegalArgumentException if the prompt is empty or leaves no room within the model's positions
    public int[] run(int[] prompt, Request request, RandomGenerator rng, IntPredicate onToken) {
        if (prompt.length == 0) throw new IllegalArgumentException("generate: the prompt has no token");
        int room = model.maxPositions() - prompt.length;
        if (room < 1) {
            throw new IllegalArgumentException("generate: the prompt has %d tokens, expected fewer than %d"
                    .formatted(prompt.length, model.maxPositions()));
        }
        int limit = Math.min(room, request.maxTokens());
        int[] written = new int[limit];
        int n = 0;
        try (Kernels k = run.openStep()) {
            KvCache cache = model.newCache(k, prompt.length + limit);
            float[] logits = read(k, prompt, cache);
            while (n < limit) {
                int token = request.sampler().next(logits, rng);
                if (request.isEnd().test(token)) break;
                written[n++] = token;
                if (!onToken.test(token) || n == limit) break;
                logits = last(k, new int[] {token}, cache);
            }
        }
        return Arrays.copyOf(written, n);
    }

    private float[] read(Kernels k, int[] prompt, KvCache cache) {
        float[] logits = new float[0];
        for (int from = 0; from < prompt.length; from += PIECE) {
            logits = last(k, Arrays.copyOfRange(prompt, from, Math.min(prompt.length, from + PIECE)), cache);
        }
        return logits;
    }

    /// Logits behind the last of `ids`.
    private float[] last(Kernels k, int[] ids, KvCache cache) {
        try (Kernels scratch = k.openStep()) {
            Tape tape = Tape.forgetting(scratch);
            Var h = model.hidden(tape, ids, cache);
            Var row = tape.constant(h.value().rows(ids.length - 1, ids.length));
            return scratch.download(model.head().forward(row).value());
        }
    }
}
