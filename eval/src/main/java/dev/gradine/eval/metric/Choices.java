package dev.gradine.eval.metric;

import dev.gradine.eval.model.Response;
import dev.gradine.eval.model.Response.Likelihood;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/// The choices of one item as the model sees them.
///
/// @param texts the choices, without what stands before them
/// @param answers one a choice, then one a choice without context where that was asked
/// @param right numbers of the right ones
record Choices(List<String> texts, List<Response> answers, Set<Integer> right) {

    int size() {
        return texts.size();
    }

    /// 1 for a right choice, 0 for another.
    int isRight(int i) {
        return right.contains(i) ? 1 : 0;
    }

    double logProb(int i) {
        return at(i).logProb();
    }

    double unconditional(int i) {
        return at(size() + i).logProb();
    }

    boolean isGreedy(int i) {
        return at(i).greedy();
    }

    int characters(int i) {
        String t = texts.get(i);
        return t.codePointCount(0, t.length());
    }

    int bytes(int i) {
        return texts.get(i).getBytes(StandardCharsets.UTF_8).length;
    }

    private Likelihood at(int i) {
        if (answers.get(i) instanceof Likelihood l) return l;
        throw new IllegalArgumentException("choices: a text was given, expected a log-probability");
    }
}
