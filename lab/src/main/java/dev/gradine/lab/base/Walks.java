package dev.gradine.lab.base;

import dev.gradine.data.encode.Judged;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// Answers that walk up and down the alphabet, and what they are worth.
///
/// ```
/// HIGH g  →  h j i k END         worth = mean of (2 x − 15) / 15 over the letters x = 0 … 15, in [−1, 1]
/// LOW  g  →  h j i k END         worth = −that
/// ```
///
/// A prompt names the letter that is walked from, and whether high or low ones are wanted; texts that a base learns
/// from do not care.
public final class Walks {

    /// Tokens: those of `LetterTask`, two marks and an end.
    public static final int VOCAB = LetterTask.VOCAB + 3;

    /// Letters of the longest answer; texts end sooner.
    public static final int LONGEST = 16;

    /// Tokens of the longest sequence.
    public static final int LENGTH = 2 + LONGEST + 1;

    private static final int LETTERS = 16;
    private static final int HIGH = LetterTask.VOCAB;
    private static final int LOW = HIGH + 1;
    private static final int END = LOW + 1;
    private static final int PROMPT = 2; // tokens
    private static final int STEP = 2; // letters, at most
    private static final int SHORTEST = 3;
    private static final int OFTEN = 8; // letters of the longest text
    private static final double ENDS = 0.25; // chance, after each letter

    private Walks() {}

    /// Whether a token ends an answer.
    public static boolean isEnd(int token) {
        return token == END;
    }

    /// Random prompts.
    public static List<int[]> prompts(int count, RandomGenerator rng) {
        List<int[]> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int from = LETTERS / 4 + rng.nextInt(LETTERS / 2);
            all.add(new int[] {rng.nextBoolean() ? HIGH : LOW, from});
        }
        return all;
    }

    /// Random walks behind random prompts.
    public static List<LabelledTokens> texts(int count, RandomGenerator rng) {
        return texts(prompts(count, rng), rng);
    }

    /// A random walk behind each prompt.
    public static List<LabelledTokens> texts(List<int[]> prompts, RandomGenerator rng) {
        return prompts.stream().map(p -> text(p, rng)).toList();
    }

    private static LabelledTokens text(int[] prompt, RandomGenerator rng) {
        int[] ids = Arrays.copyOf(prompt, LENGTH);
        int n = PROMPT;
        while (n < PROMPT + OFTEN && (n < PROMPT + SHORTEST || rng.nextDouble() >= ENDS)) {
            int next = ids[n - 1] + rng.nextInt(2 * STEP + 1) - STEP;
            ids[n++] = Math.clamp(next, 0, LETTERS - 1);
        }
        ids[n++] = END;
        return LabelledTokens.completion(Arrays.copyOf(ids, n), PROMPT);
    }

    /// What an answer is worth; one without a letter is worth nothing.
    public static double worth(LabelledTokens answer) {
        int[] ids = answer.ids();
        double mean = IntStream.of(ids)
                .skip(PROMPT)
                .filter(x -> x < LETTERS)
                .mapToDouble(x -> (2.0 * x - LETTERS + 1) / (LETTERS - 1))
                .average()
                .orElse(0);
        return ids[0] == HIGH ? mean : -mean;
    }

    /// Letters of an answer.
    public static int letters(LabelledTokens answer) {
        return (int)
                IntStream.of(answer.ids()).skip(PROMPT).filter(x -> x < LETTERS).count();
    }

    /// Pairs of answers to the same prompts, the one that is worth more chosen; where both are worth the same, none.
    public static List<Pair> pairs(
            List<LabelledTokens> some, List<LabelledTokens> others, ToDoubleFunction<LabelledTokens> worth) {
        List<Pair> all = new ArrayList<>();
        for (int i = 0; i < some.size(); i++) {
            LabelledTokens a = some.get(i);
            LabelledTokens b = others.get(i);
            double lead = worth.applyAsDouble(a) - worth.applyAsDouble(b);
            if (lead != 0) all.add(lead > 0 ? new Pair(a, b) : new Pair(b, a));
        }
        return all;
    }

    /// Each answer of pairs judged alone, that of the next pair as a stranger behind its prompt.
    public static List<Judged> judged(List<Pair> pairs) {
        return judged(pairs, PROMPT);
    }

    /// The same of other pairs.
    ///
    /// @param prompt tokens of each prompt
    public static List<Judged> judged(List<Pair> pairs, int prompt) {
        List<Judged> all = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i++) {
            Pair own = pairs.get(i);
            Pair next = pairs.get((i + 1) % pairs.size());
            all.add(new Judged(own.chosen(), true, behind(own.chosen(), next.chosen(), prompt)));
            all.add(new Judged(own.rejected(), false, behind(own.rejected(), next.rejected(), prompt)));
        }
        return all;
    }

    private static LabelledTokens behind(LabelledTokens asked, LabelledTokens answer, int prompt) {
        int[] ids = answer.ids();
        System.arraycopy(asked.ids(), 0, ids, 0, prompt);
        return LabelledTokens.completion(ids, prompt);
    }
}
