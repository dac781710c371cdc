package dev.gradine.align;

import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.Group;
import dev.gradine.data.encode.GroupEncoder;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import java.util.ArrayList;
import java.util.List;

/// Learning from answers that the policy itself samples to the prompts of the data: groups of them to each prompt.
///
/// A step has the answers of its batch sampled, judged and compared within their groups before a loss is computed; see
/// `Rollouts` of `train`. Rows that bring answers are used as they are.
public sealed interface SampledRecipe extends Recipe<Group> permits GroupLoss, Distill {

    /// Answers to a prompt.
    int group();

    /// How answers are sampled.
    SamplingSettings sampling();

    /// Updates that learn from the same answers before others are sampled.
    default int iterations() {
        return 1;
    }

    /// Share of the steps that learn from the policy's own answers although rows bring some.
    default double ownShare() {
        return 0;
    }

    /// Whether the loss compares the answers of a group with each other, so that they must come in one micro-batch.
    default boolean comparesWithin() {
        return false;
    }

    /// What is logged of the lengths of answers, in TRL's names.
    default List<Metric> lengths() {
        List<Metric> all = new ArrayList<>();
        for (String what : List.of("mean", "min", "max")) {
            all.add(Metric.neutral("completions/" + what + "_length", "tokens", what)
                    .in("Length of answers"));
            all.add(Metric.neutral("completions/" + what + "_terminated_length", "tokens", what)
                    .in("Length of answers that ended"));
        }
        all.add(Metric.neutral("completions/clipped_ratio", Metric.SHARE, "Answers that were cut"));
        return all;
    }

    /// Whether nothing is learnt from an attempt.
    default boolean leavesOut(Attempt a) {
        return false;
    }

    @Override
    default Encoder<Group> encoder(TextCodec codec, int maxLength, int batch) {
        return new GroupEncoder(codec, maxLength, group());
    }

    /// The answers; of one that is left out the prompt alone, from which nothing is learnt.
    @Override
    default List<LabelledTokens> sequences(Group group) {
        if (group.attempts().isEmpty()) {
            int[] prompt = group.question().prompt();
            return List.of(LabelledTokens.completion(prompt, prompt.length));
        }
        return group.attempts().stream()
                .map(a -> leavesOut(a) ? a.prompt() : a.answer())
                .toList();
    }

    @Override
    default int tokens(Group group) {
        return group.attempts().stream().mapToInt(a -> a.answer().tokens()).sum();
    }

    /// Adds the numbers of all answers of a step, where examples are such.
    static void note(List<?> examples, MeanMetrics m) {
        for (Object e : examples) {
            if (!(e instanceof Group g)) continue;
            int n = g.attempts().size();
            g.facts().forEach((name, value) -> m.add(name, value * n, n));
        }
    }

    @Override
    default Reading reading() {
        return Reading.at(sampling().temperature());
    }
}
