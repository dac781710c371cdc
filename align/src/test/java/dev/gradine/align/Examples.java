package dev.gradine.align;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
}
