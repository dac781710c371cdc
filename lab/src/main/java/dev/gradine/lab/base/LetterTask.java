package dev.gradine.lab.base;

import dev.gradine.data.encode.LabelledTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntBinaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// A task on words of six letters out of sixteen: what stands behind `=` follows from the word.
///
/// ```
/// reverse:  MARK a b c d e f = f e d c b a
/// ```
///
/// @param name what is done with the word
/// @param mark token that says which task it is
/// @param answer from a word to as many letters
public record LetterTask(String name, int mark, UnaryOperator<int[]> answer) {

    /// Number of tokens: letters, `=`, and a mark for each task.
    public static final int VOCAB = 33;

    /// Tokens of an example.
    public static final int LENGTH = 14;

    private static final int LETTERS = 16;
    private static final int WORD = 6;
    private static final int EQUALS = 16;

    private static LetterTask of(String name, int number, UnaryOperator<int[]> answer) {
        return new LetterTask(name, EQUALS + 1 + number, answer);
    }

    /// Six tasks that a model learns first.
    public static List<LetterTask> first() {
        return List.of(
                of("copy", 0, w -> w),
                of("two on", 1, w -> each(w, x -> x + 2)),
                of("turn by two", 2, w -> placed(w, i -> i + 2)),
                of("swap halves", 3, w -> placed(w, i -> i + 3)),
                of("least so far", 4, w -> running(w, Math::min)),
                of("last letter", 5, w -> placed(w, _ -> WORD - 1)));
    }

    /// Ten others.
    public static List<LetterTask> ten() {
        return List.of(
                of("reverse", 6, w -> placed(w, i -> WORD - 1 - i)),
                of("ascending", 7, LetterTask::sorted),
                of("descending", 8, w -> placed(sorted(w), i -> WORD - 1 - i)),
                of("next letter", 9, w -> each(w, x -> x + 1)),
                of("letter before", 10, w -> each(w, x -> x + LETTERS - 1)),
                of("mirror", 11, w -> each(w, x -> LETTERS - 1 - x)),
                of("swap pairs", 12, w -> placed(w, i -> i ^ 1)),
                of("turn by one", 13, w -> placed(w, i -> i + 1)),
                of("first letter", 14, w -> placed(w, _ -> 0)),
                of("most so far", 15, w -> running(w, Math::max)));
    }

    /// Those of the ten that compute with letters, rather than move them.
    public static List<LetterTask> computing() {
        Set<String> moved = Set.of("reverse", "swap pairs", "turn by one", "first letter", "most so far");
        return ten().stream().filter(t -> !moved.contains(t.name())).toList();
    }

    /// The same with the letters of its answers exchanged by `code`.
    public LetterTask coded(UnaryOperator<int[]> code) {
        return new LetterTask(name, mark, w -> code.apply(answer.apply(w)));
    }

    /// A random exchange of letters.
    public static UnaryOperator<int[]> randomCode(RandomGenerator rng) {
        int[] code = IntStream.range(0, LETTERS).toArray();
        for (int i = LETTERS - 1; i > 0; i--) {
            int j = rng.nextInt(i + 1);
            int x = code[i];
            code[i] = code[j];
            code[j] = x;
        }
        return w -> IntStream.of(w).map(x -> code[x]).toArray();
    }

    private static int[] each(int[] w, IntUnaryOperator f) {
        return IntStream.of(w).map(x -> f.applyAsInt(x) % LETTERS).toArray();
    }

    private static int[] placed(int[] w, IntUnaryOperator from) {
        return IntStream.range(0, WORD).map(i -> w[from.applyAsInt(i) % WORD]).toArray();
    }

    private static int[] running(int[] w, IntBinaryOperator f) {
        int[] y = w.clone();
        Arrays.parallelPrefix(y, f);
        return y;
    }

    private static int[] sorted(int[] w) {
        return IntStream.of(w).sorted().toArray();
    }

    /// Random examples, of which the answers are learnt.
    public List<LabelledTokens> examples(int count, RandomGenerator rng) {
        List<LabelledTokens> all = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            int[] word = rng.ints(WORD, 0, LETTERS).toArray();
            int[] ids = new int[LENGTH];
            ids[0] = mark;
            System.arraycopy(word, 0, ids, 1, WORD);
            ids[1 + WORD] = EQUALS;
            System.arraycopy(answer.apply(word), 0, ids, 2 + WORD, WORD);
            all.add(LabelledTokens.completion(ids, 2 + WORD));
        }
        return all;
    }

    /// The same examples, whose answers end with their first letter.
    public static List<LabelledTokens> cut(List<LabelledTokens> examples) {
        int n = WORD + 3;
        return examples.stream()
                .map(e -> LabelledTokens.completion(Arrays.copyOf(e.ids(), n), n - 1))
                .toList();
    }

    /// As many examples of each task.
    public static List<LabelledTokens> examples(List<LetterTask> tasks, int count, RandomGenerator rng) {
        List<LabelledTokens> all = new ArrayList<>();
        for (LetterTask t : tasks) all.addAll(t.examples(count, rng));
        return all;
    }
}
