package dev.gradine.train;

import dev.gradine.align.SampledRecipe;
import dev.gradine.align.SamplingSettings;
import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.generate.Asked;
import dev.gradine.nn.generate.Continuation;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Has a policy answer prompts.
///
/// @param run lifetime within which caches are opened
/// @param ends tokens that end an answer
/// @param seed of the run
record Sampler(Learner policy, Kernels run, IntPredicate ends, long seed) {

    /// The prompts with answers to each; those that have some keep them.
    ///
    /// @param number of the draw: the same one draws the same answers from the same policy
    List<Group> answered(List<Group> prompts, SampledRecipe recipe, long number) {
        SplittableRandom root = new SplittableRandom(31 * seed + number);
        List<Asked> asked = new ArrayList<>();
        for (Group g : prompts) {
            if (!g.attempts().isEmpty()) continue;
            List<SplittableRandom> draws = IntStream.range(0, recipe.group())
                    .mapToObj(_ -> root.split())
                    .toList();
            asked.add(Asked.of(g.question().prompt(), draws));
        }
        if (asked.isEmpty()) return prompts;
        SamplingSettings how = recipe.sampling();
        var params = new SamplingParams(how.temperature(), how.topK(), how.topP());
        var request = WritingRule.of(params, how.maxCompletion(), ends);
        List<List<Continuation>> written = new Generations(policy.policy(), run).run(asked, request);
        List<Group> all = new ArrayList<>();
        int at = 0;
        for (Group g : prompts) all.add(g.attempts().isEmpty() ? with(g, written.get(at++)) : g);
        return all;
    }

    private static Group with(Group g, List<Continuation> answers) {
        int[] prompt = g.question().prompt();
        return g.with(answers.stream()
                .map(w -> {
                    int[] ids = IntStream.concat(IntStream.of(prompt), IntStream.of(w.whole()))
                            .toArray();
                    return Attempt.of(LabelledTokens.completion(ids, prompt.length), w.isEnded());
                })
                .toList());
    }
}
