package dev.gradine.align;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;

/// What is sampled to a prompt, how, and what for.
///
/// @param group answers to a prompt
/// @param iterations updates from the same answers
/// @param maskTruncated whether nothing is learnt from answers that were cut
/// @param rewards what answers are worth
/// @param sampling how they are drawn
public record GroupSettings(
        @Option(says = "Answers to each prompt; --batch counts answers.", label = "N", least = 2)
        @Usual(
                from = 2,
                to = 64,
                why = "8 tell apart what is worth more; 2 is the least that can be compared",
                source = "Shao et al. 2024 (GRPO), section 4.2; TRL: 8, RLOO 2")
        int group,

        @Option(says = "Updates that learn from the same answers.", label = "N", least = 1)
        @Usual(
                from = 1,
                to = 8,
                why = "answers are used once, so the ratio is 1 and nothing is clipped",
                source = "Shao et al. 2024 (GRPO), section 4.2; TRL: 1")
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
