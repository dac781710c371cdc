package dev.gradine.lab.objectives;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.lab.base.Sampled;
import dev.gradine.lab.base.Score;
import dev.gradine.lab.objectives.ObjectiveRow.Speech;
import dev.gradine.models.OpenModel;
import dev.gradine.models.StopTokens;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.SplittableRandom;

/// What a model says to prompts it has not learnt, and how it predicts a text.
///
/// @param prompts each is answered once
/// @param text pieces of it
record HeldText(OpenModel open, TextCodec codec, List<int[]> prompts, List<LabelledTokens> text) {

    private static final long SEED = 7; // of the answers
    private static final int AT_ONCE = 4; // pieces

    Speech of(Policy policy, Kernels run) {
        Sampled answers = Sampled.of(
                policy, prompts, ObjectiveTrial.LONGEST, StopTokens.of(open, codec), new SplittableRandom(SEED), run);
        Policy base = Policy.of(open.model());
        double kl = policy.equals(base) ? 0 : answers.kl(policy, base, run);
        return new Speech(
                kl, answers.meanLength(), Score.of(policy, text, AT_ONCE, run).loss());
    }
}
