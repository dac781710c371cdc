package dev.gradine.data.encode;

import java.util.Arrays;

/// An answer that was sampled, how good it was, and what was known of it when it was sampled.
///
/// Log-probabilities are those of its tokens at that time, nats; none where they were not asked for.
///
/// Held as a class, since arrays have no place in records.
public final class Attempt {

    private static final float[] NONE = new float[0];

    private final LabelledTokens answer;
    private final boolean ended;
    private final double reward;
    private final double advantage;
    private final float[] old;
    private final float[] reference;

    private Attempt(
            LabelledTokens answer, boolean ended, double reward, double advantage, float[] old, float[] reference) {
        this.answer = answer;
        this.ended = ended;
        this.reward = reward;
        this.advantage = advantage;
        this.old = old;
        this.reference = reference;
    }

    /// An answer nobody has judged.
    ///
    /// @param answer behind its prompt
    /// @param ended whether it came to its end
    public static Attempt of(LabelledTokens answer, boolean ended) {
        return new Attempt(answer, ended, Double.NaN, 0, NONE, NONE);
    }

    /// The same with its reward.
    ///
    /// @param value NaN where nothing could be said
    public Attempt worth(double value) {
        return new Attempt(answer, ended, value, advantage, old, reference);
    }

    /// The same with what it is better than the rest of its group.
    public Attempt better(double by) {
        return new Attempt(answer, ended, reward, by, old, reference);
    }

    /// The same with log-probabilities of its tokens.
    ///
    /// @param policy under the policy that is about to learn from it
    /// @param frozen under the reference; none without one
    public Attempt seen(float[] policy, float[] frozen) {
        return new Attempt(answer, ended, reward, advantage, policy.clone(), frozen.clone());
    }

    /// Prompt and answer.
    public LabelledTokens answer() {
        return answer;
    }

    /// Whether it came to its end; otherwise it was cut.
    public boolean ended() {
        return ended;
    }

    /// What it is worth; NaN where nothing is known.
    public double reward() {
        return reward;
    }

    /// What it is better than the rest of its group.
    public double advantage() {
        return advantage;
    }

    /// Log-probability of each token when it was sampled; none where that is the policy's own.
    public float[] old() {
        return old.clone();
    }

    /// Log-probability of each token under the reference; none without one.
    public float[] reference() {
        return reference.clone();
    }

    /// Log-probability of the answer when it was sampled, less that under the reference, nats; 0 without one.
    public double divergence() {
        double sum = 0;
        for (int t = 0; t < reference.length; t++) sum += old[t] - reference[t];
        return sum;
    }

    /// Tokens of the answer.
    public int length() {
        return answer.predicted();
    }

    /// The prompt alone, without anything to learn.
    public LabelledTokens prompt() {
        int n = answer.promptTokens();
        int[] ids = Arrays.copyOf(answer.ids(), n);
        return LabelledTokens.completion(ids, n);
    }
}
