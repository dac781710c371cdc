package dev.gradine.eval.task;

import dev.gradine.eval.document.DataFolders;
import dev.gradine.eval.document.Document;
import dev.gradine.eval.document.TaskData;
import dev.gradine.eval.document.TaskException;
import dev.gradine.eval.python.PythonRandom;
import java.util.ArrayList;
import java.util.List;

/// Which examples stand in front of a question.
///
/// @param count how many
/// @param split where they are drawn from; empty where they are given
/// @param given examples of the task itself
/// @param firstOnes whether the first are taken rather than drawn
/// @param fromTested whether they come from what is asked, so that the question itself is left out
public record ShotRule(int count, String split, List<Document> given, boolean firstOnes, boolean fromTested) {

    /// Copies the list.
    public ShotRule {
        given = List.copyOf(given);
    }

    ShotRule with(String task, int other) {
        if (other < 0) throw new TaskException(task, "num-fewshot is " + other + ", expected at least 0");
        return new ShotRule(other, split, given, firstOnes, fromTested);
    }

    /// Examples for one document after the other, in their order: each draw goes on where the last ended.
    ///
    /// @param seed of the draws
    public Shots open(TaskData data, DataFolders folders, long seed) {
        List<Document> pool = count == 0 || !given.isEmpty() ? given : data.documents(split, folders);
        return new Shots(this, pool, new PythonRandom(seed), data.task());
    }

    /// Draws examples.
    ///
    /// @param rule which
    /// @param pool what they are drawn from
    /// @param random draws them
    /// @param task named in messages
    public record Shots(ShotRule rule, List<Document> pool, PythonRandom random, String task) {

        /// Examples for a document.
        ///
        /// @throws TaskException if there are not enough
        public List<Document> of(Document doc) {
            int k = rule.count;
            if (k == 0) return List.of();
            int needed = rule.fromTested && !rule.firstOnes ? k + 1 : k;
            if (pool.size() < needed) {
                throw new TaskException(
                        task,
                        "num_fewshot is %d, expected at most %d (the examples there are)"
                                .formatted(k, pool.size() - needed + k));
            }
            if (rule.firstOnes) return (rule.fromTested ? others(doc, pool) : pool).subList(0, k);
            if (!rule.fromTested) return random.sample(pool, k);
            List<Document> drawn = others(doc, random.sample(pool, k + 1));
            return drawn.size() < k ? random.sample(others(doc, pool), k) : drawn.subList(0, k);
        }

        private static List<Document> others(Document doc, List<Document> of) {
            List<Document> kept = new ArrayList<>(of);
            kept.removeIf(doc::says);
            return kept;
        }
    }
}
