package dev.gradine.nn;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/// Continues a sequence token by token.
///
/// The prompt is read in pieces, so that its activations never fill more memory than one piece needs. Tokens are drawn
/// where the logits are: they alone leave the device.
public final class Generation {

    private static final int PIECE = 512; // tokens of the prompt read at once

    private final Policy policy;
    private final Kernels run;

    /// @param policy the model with the adapters it acts with
    /// @param run lifetime within which caches are opened
    public Generation(Policy policy, Kernels run) {
        this.policy = policy;
        this.run = run;
    }

    /// What to write and when to stop.
    ///
    /// @param params how a token is drawn
    /// @param maxTokens most tokens to write
    /// @param isEnd whether a token ends the text; it is not written
    public record Request(SamplingParams params, int maxTokens, IntPredicate isEnd) {}

    /// Continues `prompt`, telling `onToken` of each token as it comes; it returns false to stop.
    ///
    /// @return the tokens written
    /// @throws IllegalArgumentException if the prompt is empty or leaves no room within the model's positions
    public int[] run(int[] prompt, Request request, RandomGenerator rng, IntPredicate onToken) {
        if (prompt.length == 0) throw new IllegalArgumentException("generate: the prompt has no token");
        int virtual = policy.adapters().virtualTokens();
        int room = policy.model().maxPositions() - virtual - prompt.length;
        if (room < 1) {
            throw new IllegalArgumentException("generate: the prompt has %d tokens, expected fewer than %d"
                    .formatted(prompt.length, policy.model().maxPositions() - virtual));
        }
        int limit = Math.min(room, request.maxTokens());
        int[] written = new int[limit];
        int n = 0;
        try (Kernels k = run.openStep()) {
            Adapters adapters = policy.adapters().continuing(prompt);
            KvCache cache = policy.model().newCache(k, virtual + prompt.length + limit);
            Draw draw = new Draw(request.params(), rng, k.empty(DType.I32, Shape.of(1)));
            Reading reading = new Reading(adapters, cache, draw);
            int token = read(k, prompt, reading);
            while (n < limit) {
                if (request.isEnd().test(token)) break;
                written[n++] = token;
                if (!onToken.test(token) || n == limit) break;
                token = next(k, new int[] {token}, reading);
            }
        }
        return Arrays.copyOf(written, n);
    }

    /// How tokens are drawn, and where the device writes them.
    private record Draw(SamplingParams params, RandomGenerator rng, Tensor token) {

        int from(Kernels k, Tensor logits) {
            double[] u = params.isGreedy() ? new double[0] : new double[] {rng.nextDouble()};
            k.sampling().draw(logits, params, u, token);
            return k.downloadInts(token)[0];
        }
    }

    /// How the sequence is read, and where its keys go.
    private record Reading(Adapters adapters, KvCache cache, Draw draw) {

        Pass pass(Tape tape, int[] ids) {
            return Pass.continuing(tape, ids, cache).with(adapters);
        }
    }

    /// The token behind the prompt.
    private int read(Kernels k, int[] prompt, Reading reading) {
        int from = 0;
        for (; from + PIECE < prompt.length; from += PIECE) {
            try (Kernels scratch = k.openStep()) {
                int[] piece = Arrays.copyOfRange(prompt, from, from + PIECE);
                policy.model().hidden(reading.pass(Tape.noGrad(scratch), piece));
            }
        }
        return next(k, Arrays.copyOfRange(prompt, from, prompt.length), reading);
    }

    /// The token behind the last of `ids`.
    private int next(Kernels k, int[] ids, Reading reading) {
        try (Kernels scratch = k.openStep()) {
            Pass pass = reading.pass(Tape.noGrad(scratch), ids);
            Var h = policy.model().hidden(pass);
            Var row = pass.tape().constant(h.value().rows(ids.length - 1, ids.length));
            return reading.draw.from(
                    scratch, policy.model().head().logits(row, pass).value());
        }
    }
}
