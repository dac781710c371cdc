package dev.gradine.align;

import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.data.encode.Question;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Made-up answers in groups of two, of 1 to 5 tokens, better and worse than each other.
final class Groups {

    private static final double[] ADVANTAGES = {1.25, -0.75, -1.5, 0.5, 0, 2};

    private Groups() {}

    static List<Group> of(List<String> facts) {
        List<Group> all = new ArrayList<>();
        Map<String, Double> known = new LinkedHashMap<>();
        for (String name : facts) known.put(name, 0.25);
        for (int g = 0; g < 3; g++) {
            int prompt = 1 + g;
            List<Attempt> attempts = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                int number = 2 * g + i;
                int length = 1 + (3 * number) % 5;
                attempts.add(Attempt.of(Examples.answer(g, prompt, length, i), number != 3)
                        .better(ADVANTAGES[number])
                        .seen(around(40 + number, length), around(70 + number, length)));
            }
            all.add(new Group(Question.of(new int[prompt]), attempts, known));
        }
        return all;
    }

    private static float[] around(long seed, int n) {
        float[] x = Cases.plain(seed, n, 0.5f);
        for (int i = 0; i < n; i++) x[i] -= 1;
        return x;
    }

    /// Attempt `branch` of group `example`.
    static Attempt attempt(int branch, int example) {
        return of(List.of()).get(example).attempts().get(branch);
    }
}
