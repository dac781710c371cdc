package dev.gradine.align;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Group;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Distillation: a student learns what a teacher would say next, all of its distribution, along answers of the data or
/// of the student's own.
///
/// ```
/// L = mean over tokens of   β KL(t ‖ m) + (1 − β) KL(s ‖ m)      m = (1 − β) s + β t
///     β = 0: KL(t ‖ s), forward        β = 1: KL(s ‖ t), reverse
/// ```
///
/// where s and t are the distributions of student and teacher, of logits divided by a temperature. Agarwal et al. 2024
/// (arXiv:2306.13649), section 3: reverse on the student's own answers is the safest, for it learns there from what it
/// will say itself.
///
/// @param teacher another model with the same tokens
/// @param beta β in [0, 1]
/// @param onPolicy share of the steps that learn from the student's answers where rows bring some; all where they do
///     not
/// @param sampling how the student answers
@Usual(
        from = 1e-6,
        to = 0.001,
        why = "below SFT's: a whole distribution tells more than one token",
        source = "TRL's GKD: 2e-5; TRL's Distillation: 1e-6")
public record Distill(
        @Option(says = "Model to learn from, with the same tokens.", label = "DIR|FILE", required = true)
        Path teacher,

        @Option(says = "Divergence: 0 forward (teacher to student), 1 reverse, Jensen–Shannon between.", least = 0)
        @Usual(
                from = 0,
                to = 1,
                why = "the reverse divergence: the student takes what the teacher thinks likely, and not all of it",
                source = "Gu et al. 2023 (MiniLLM); TRL: 1")
        float beta,

        @Option(
                says = "Share of the steps that learn from answers of the student's own where rows bring answers; rows"
                        + " that bring none always do.",
                label = "SHARE",
                least = 0)
        @Usual(
                from = 0,
                to = 1,
                why = "answers of the data, which are there; 0.5 to 1 was better where sampling is affordable",
                source = "Agarwal et al. 2023 (GKD); TRL's GKD: 0.5")
        float onPolicy,

        @Part SamplingSettings sampling)
        implements SampledRecipe {

    /// @throws IllegalArgumentException if a number is above 1
    public Distill {
        if (!(beta >= 0 && beta <= 1)) throw new IllegalArgumentException("beta: " + beta + ", expected 0 to 1");
        if (!(onPolicy >= 0 && onPolicy <= 1)) {
            throw new IllegalArgumentException("on-policy: " + onPolicy + ", expected 0 to 1");
        }
    }

    /// The reverse divergence.
    public static Distill defaults() {
        return new Distill(Path.of(""), 1, 0, SamplingSettings.defaults());
    }

    @Override
    public About about() {
        return new About("distill", "Distillation", "Teach a model with LoRA what a larger one would say next.", 1e-4);
    }

    @Override
    public int group() {
        return 1;
    }

    @Override
    public double ownShare() {
        return onPolicy;
    }

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public double weight(Group example) {
        return sequences(example).stream().mapToInt(s -> s.predicted()).sum();
    }

    @Override
    public Var loss(Scored<Group> batch) {
        return batch.divergence(beta, reading().temperature());
    }

    @Override
    public List<Metric> metrics() {
        List<Metric> all = new ArrayList<>(List.of(Metric.loss("nats per token")));
        all.addAll(lengths());
        all.add(Metric.neutral("entropy", "nats per token", "Entropy"));
        all.add(Metric.rising("mean_token_accuracy", Metric.SHARE, "Token accuracy")
                .asHeadline());
        return all;
    }

    @Override
    public void measure(Scored<Group> batch, MeanMetrics m) {
        Answers all = batch.all();
        m.add("entropy", all.entropy(), all.tokens());
        m.add("mean_token_accuracy", all.guessed(), all.tokens());
    }
}
