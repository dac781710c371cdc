package dev.gradine.cli.demo;

import dev.gradine.data.token.Tokenizer;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Continues openings of stories by drawing from a model.
///
/// @param policy model and adapters that tell
/// @param run lifetime within which caches are opened
/// @param isEnd whether a token ends a story
public record Storyteller(Policy policy, Kernels run, Tokenizer tokenizer, IntPredicate isEnd) {

    private static final int LONGEST = 96; // tokens; the stories to learn from have about 55
    private static final SamplingParams RULE = new SamplingParams(0.8, 0, 1);

    /// A story told.
    ///
    /// @param prompt its opening
    /// @param text how it goes on
    /// @param ended whether the model ended it, rather than running out of tokens
    public record Story(String prompt, String text, boolean ended) {}

    /// Same prompt, same seed, same story.
    public Story tell(String prompt, long seed) {
        int[] ids = tokenizer.encode(prompt, true);
        var request = WritingRule.of(RULE, LONGEST, isEnd);
        int[] told = new Generations(policy, run).one(ids, request, new SplittableRandom(seed), _ -> true);
        int[] all = IntStream.concat(IntStream.of(ids), IntStream.of(told)).toArray();
        String opening = tokenizer.decode(ids, true);
        String text = tokenizer.decode(all, true).substring(opening.length());
        return new Story(prompt, text, told.length < LONGEST);
    }
}
