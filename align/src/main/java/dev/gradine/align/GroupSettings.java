package dev.gradine.align;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;

/// What is sampled to a prompt, how, and what for.
///
/// @param group answers to a prompt
/// @param iterations updates from the same answers
/// @param maskTruncated whether nothing is learnt from answers that were cut
/// @param rewards what answers are worth
/// @param sampling how they are drawn
public record GroupSettings(
        @Option(says = "Answers to each prompt; --batch counts answers.", label = "N", least = 2)
        int group,

        @Option(says = "Updates that learn from the same answers.", label = "N", least = 1)
        int iterations,

        @Option(says = "Learn nothing from answers that were cut at --max-completion.")
        boolean maskTruncated,

        @Part RewardSettings rewards,
        @Part SamplingSettings sampling) {

    /// So many answers a prompt, each learnt from once.
    static GroupSettings of(int group) {
        return new GroupSettings(group, 1, false, RewardSettings.defaults(), SamplingSettings.defaults());
    }
}
