package dev.gradine.nn.generate;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Guesses by a smaller model with the same vocabulary: its likeliest tokens, one after the other.
///
/// It keeps what it has read of the texts that it was asked for last.
public final class DraftModel implements Draft {

    private static final int PIECE = 256; // tokens read at once
    private static final int TEXTS = 8; // that are remembered

    private static final class Read {
        final KvCache cache;
        int[] tokens = new int[0];

        Read(KvCache cache) {
            this.cache = cache;
        }

        int common(int[] other) {
            int differ = Arrays.mismatch(tokens, other);
            return differ < 0 ? tokens.length : differ;
        }
    }

    private final CausalLm model;
    private final Kernels run;
    private final int count;
    private final int positions;
    private final List<Read> texts = new ArrayList<>(); // longest unused first

    /// @param model the smaller one
    /// @param run its lifetime, which nothing else allocates in
    /// @param count tokens guessed at most
    /// @param positions of a text, those of the larger model
    /// @throws IllegalArgumentException if no token is to be guessed, or the model cannot forget a wrong one
    public DraftModel(CausalLm model, Kernels run, int count, int positions) {
        if (count < 1) throw new IllegalArgumentException("draft: " + count + " tokens, expected at least 1");
        try (Kernels k = run.openStep()) {
            if (model.newCache(k, 1).isRecurrent()) {
                throw new IllegalArgumentException("draft: the model has a recurrence, expected attention alone"
                        + " (a state cannot forget a guess that was wrong)");
            }
        }
        this.model = model;
        this.run = run;
        this.count = count;
        this.positions = Math.min(positions, model.maxPositions());
    }

    @Override
    public int[] next(int[] tokens, int most) {
        int n = Math.min(Math.min(count, most), positions - tokens.length);
        if (n < 1) return new int[0];
        Read text = readOf(tokens);
        int known = Math.min(text.common(tokens), tokens.length - 1); // the last gives the next
        text.cache.truncate(known);
        int[] guess = new int[n];
        int token = read(text.cache, Arrays.copyOfRange(tokens, known, tokens.length));
        for (int i = 0; i < n; i++) {
            guess[i] = token;
            if (i + 1 < n) token = read(text.cache, new int[] {token});
        }
        text.tokens = Arrays.copyOf(tokens, tokens.length + n - 1);
        System.arraycopy(guess, 0, text.tokens, tokens.length, n - 1);
        return guess;
    }

    /// What was read of the text that begins most like this one.
    private Read readOf(int[] tokens) {
        Read best = null;
        for (Read each : texts) if (best == null || each.common(tokens) > best.common(tokens)) best = each;
        if (best == null || (best.common(tokens) < tokens.length / 2 && texts.size() < TEXTS)) {
            best = new Read(model.newCache(run, positions));
        }
        texts.remove(best);
        texts.add(best);
        return best;
    }

    /// The likeliest token behind `ids`, which are read.
    private int read(KvCache cache, int[] ids) {
        for (int from = 0; ; from += PIECE) {
            int to = Math.min(ids.length, from + PIECE);
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.noGrad(k);
                Pass pass = Pass.continuing(tape, Arrays.copyOfRange(ids, from, to), cache);
                Tensor h = model.hidden(pass).value();
                if (to < ids.length) continue;
                Tensor last = h.rows(to - from - 1, to - from);
                Tensor token = k.empty(DType.I32, Shape.of(1));
                Tensor logits = model.head().logits(tape.constant(last), pass).value();
                k.sampling().draw(logits, SamplingParams.GREEDY, new double[0], token);
                return k.downloadInts(token)[0];
            }
        }
    }
}
