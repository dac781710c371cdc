package dev.gradine.align;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Made-up examples of unequal lengths over a vocabulary of 37 tokens.
final class Examples {

    static final int VOCAB = 37;

    private Examples() {}

    /// A prompt of `prompt` tokens and an answer of `answer` more; equal seeds give equal prompts.
    static LabelledTokens answer(long seed, int prompt, int answer, long which) {
        SplittableRandom before = new SplittableRandom(seed);
        SplittableRandom after = new SplittableRandom(1000 * (which + 1) + seed);
        int[] ids = IntStream.range(0, prompt + answer)
                .map(t -> t < prompt ? before.nextInt(VOCAB) : after.nextInt(VOCAB))
                .toArray();
        return LabelledTokens.completion(ids, prompt);
    }

    /// Seventeen pairs: prompts of 1 to 3 tokens, answers of 1 to 6.
    static List<Pair> pairs() {
        List<Pair> all = new ArrayList<>();
        for (int i = 0; i < 17; i++) {
            int prompt = 1 + i % 3;
            all.add(new Pair(answer(i, prompt, 1 + i % 6, 0), answer(i, prompt, 1 + (i + 2) % 5, 1)));
        }
        return all;
    }

    /// Nine sequences that carry loss from some token on.
    static List<LabelledTokens> sequences() {
        List<LabelledTokens> all = new ArrayList<>();
        for (int i = 0; i < 9; i++) all.add(answer(i, i % 4, 2 + i, 0));
        return all;
    }

    /// One pair with as many labelled tokens as numbers are given for each answer.
    static Pair pair(int chosen, int rejected) {
        int[] first = new int[1 + chosen];
        int[] second = new int[1 + rejected];
        Arrays.fill(first, 1);
        Arrays.fill(second, 2);
        second[0] = 1;
        return new Pair(LabelledTokens.completion(first, 1), LabelledTokens.completion(second, 1));
    }

    /// The loss of one pair: ten tokens of −2 nats, −20 in all, against sixteen of −1.875, −30 in all; the reference
    /// gives −22 and −29.5.
    static float worked(Recipe<Pair> recipe) {
        GivenBatch<Pair> batch = new GivenBatch<>(recipe, List.of(pair(10, 16)));
        float[] p = new float[batch.offset(batch.packed().sequences().size())];
        Arrays.fill(p, -2);
        Arrays.fill(p, 10, 26, -1.875f);
        try (Kernels k = CpuKernels.open()) {
            return batch.run(k, p, recipe.reference().isThere() ? reference(p.length) : new float[0], new float[] {1})
                    .losses()[0];
        }
    }

    /// `w` times the cross entropy of a branch, in double: a value each pair whose mean is the one over all its tokens.
    static double[] crossEntropy(GivenBatch.Seen seen, int branch, double w) {
        int n = seen.tokens()[branch].length;
        double tokens =
                Arrays.stream(seen.tokens()[branch]).mapToInt(t -> t.length).sum();
        return IntStream.range(0, n)
                .mapToDouble(i -> -w * seen.sum(branch, i) * n / tokens)
                .toArray();
    }

    private static float[] reference(int tokens) {
        float[] r = new float[tokens];
        Arrays.fill(r, 0, 10, -2.2f);
        Arrays.fill(r, 10, tokens, -29.5f / 16);
        return r;
    }

    /// Settings written as `name=value name=value`.
    static Map<String, String> options(String text) {
        Map<String, String> all = new LinkedHashMap<>();
        for (String one : text.split(" ", -1)) {
            int at = one.indexOf('=');
            all.put(one.substring(0, at), one.substring(at + 1));
        }
        return all;
    }
}
