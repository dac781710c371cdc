package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.div;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SumLast.sumLast;

import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Functions;
import dev.gradine.autograd.op.Softmax;
import dev.gradine.tensor.Largest;
import java.util.Arrays;
import java.util.List;

/// The rules by which routers differ: what an expert's score is, which experts are chosen by it, and what the chosen
/// count.
///
/// ```
/// Qwen, OLMoE, Mixtral    p = softmax(r)     the k largest                            p, or p / Σ of the chosen
/// gpt-oss, Granite        p = r              the k largest                            softmax over the chosen
/// DeepSeek V3, GLM-4.5    p = σ(r)           the k largest of p + b, in some groups   f · p / Σ of the chosen
/// Llama 4                 p = r              the largest                              σ(r)
/// ```
public final class RouterRules {

    private RouterRules() {}

    /// From logits to scores, `f32[N,E] → f32[N,E]`.
    @FunctionalInterface
    public interface Scores {
        /// The scores.
        Var of(Var logits);

        /// Logits are the scores.
        Scores LOGITS = r -> r;
        /// A softmax over all experts.
        Scores SOFTMAX = Softmax::softmax;
        /// Each for itself.
        Scores SIGMOID = Functions::sigmoid;
    }

    /// From the scores of the chosen to what they count, `f32[N,K] → f32[N,K]`.
    @FunctionalInterface
    public interface Shares {
        /// The shares.
        Var of(Var chosen);

        /// The scores themselves.
        Shares PLAIN = p -> p;
        /// A softmax over the chosen.
        Shares SOFTMAX = Softmax::softmax;
        /// Each for itself.
        Shares SIGMOID = Functions::sigmoid;
        /// Divided by their sum.
        Shares SUM_TO_ONE = p -> div(p, reshape(sumLast(p), p.shape().dim(0), 1));

        /// Divided by their sum and a little, so that scores of 0 divide by something.
        static Shares dividedBySum(float little) {
            return p -> div(p, shift(reshape(sumLast(p), p.shape().dim(0), 1), little));
        }

        /// These times a factor.
        default Shares times(float factor) {
            return factor == 1 ? this : p -> scale(of(p), factor);
        }
    }

    /// Which experts a token has, by their scores.
    public interface Choice {
        /// Number k of experts of a token.
        int count();

        /// Places of the chosen in a matrix of N × E scores, k for each token: the largest first, of equal ones the
        /// first.
        int[] choose(float[] scores, int tokens, int experts);
    }

    /// The k largest.
    public record Best(int count) implements Choice {
        @Override
        public int[] choose(float[] p, int tokens, int experts) {
            int[] flat = new int[tokens * count];
            for (int t = 0; t < tokens; t++) {
                int[] best = Largest.of(p, t * experts, experts, count);
                for (int c = 0; c < count; c++) flat[t * count + c] = t * experts + best[c];
            }
            return flat;
        }
    }

    /// The k largest of the best groups of experts, with something added to each score for the choice alone.
    ///
    /// ```
    /// score of a group: the sum of its `ofGroup` largest p + b
    /// ```
    ///
    /// DeepSeek-AI 2024 (arXiv:2412.19437), section 2.1.2, sums two; DeepSeek V2 (arXiv:2405.04434) takes one and
    /// adds nothing.
    ///
    /// @param added b of each expert; empty for none
    /// @param groups of equal size
    /// @param kept groups that are chosen from
    /// @param ofGroup how many of a group make its score
    public record BestOfGroups(int count, List<Float> added, int groups, int kept, int ofGroup) implements Choice {

        @Override
        public int[] choose(float[] p, int tokens, int experts) {
            float[] by = p.clone();
            for (int i = 0; !added.isEmpty() && i < by.length; i++) by[i] += added.get(i % experts);
            if (kept < groups) for (int t = 0; t < tokens; t++) leave(by, t * experts, experts);
            return new Best(count).choose(by, tokens, experts);
        }

        /// Takes experts of other groups than the best out of the choice.
        private void leave(float[] by, int from, int experts) {
            int size = experts / groups;
            float[] scores = new float[groups];
            for (int g = 0; g < groups; g++) {
                for (int i : Largest.of(by, from + g * size, size, ofGroup)) scores[g] += by[from + g * size + i];
            }
            int[] best = Largest.of(scores, 0, groups, kept);
            for (int g = 0; g < groups; g++) {
                int group = g;
                if (Arrays.stream(best).anyMatch(b -> b == group)) continue;
                Arrays.fill(by, from + g * size, from + (g + 1) * size, Float.NEGATIVE_INFINITY);
            }
        }
    }
}
