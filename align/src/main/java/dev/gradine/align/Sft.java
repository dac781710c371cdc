package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.exp;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.LossMask;
import dev.gradine.data.encode.SftEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Supervised fine-tuning: cross entropy of the labelled tokens.
///
/// ```
/// L = −1/n · Σ_t log p(id_t | id_<t)
/// ```
///
/// where n counts the labelled tokens of everything that makes one optimisation step, all of its micro-batches, so that
/// accumulation changes nothing but memory.
///
/// `dft`, dynamic fine-tuning, weights each token by the likelihood it has by now, of which no gradient is taken:
///
/// ```
/// L = −1/n · Σ_t sg(p_t) · log p_t
/// ```
///
/// Wu et al. 2025 (arXiv:2508.05629). What the model finds absurd is learnt gently.
///
/// Against forgetting, `kl-to-base` holds what the policy would say near what the model says without adapter:
///
/// ```
/// L = −1/n · Σ_t log p_t + c/n · Σ_t KL(p(· | id_<t) ‖ p_base(· | id_<t))
/// ```
///
/// over the whole vocabulary at every labelled token, with p and not p_base as weights, as in the divergence that RLHF
/// pays for (Ouyang et al. 2022, arXiv:2203.02155, eq. 2). The estimate k3 would be cheaper by one head, but it is one
/// of this divergence only for tokens drawn from the policy, and those of the data are not.
///
/// @param lossOn tokens that carry loss
/// @param loss of a token
/// @param labelSmoothing share of each target that is spread over the whole vocabulary
/// @param neftuneAlpha strength of the noise on embeddings in training; 0 for none
/// @param klToBase c
/// @param longloraGroup tokens within which attention stays in training, as in LongLoRA; null for all
@Usual(
        from = 1e-5,
        to = 0.001,
        why = "the usual one of a LoRA, ten times full fine-tuning's",
        source = "Dettmers et al. 2023 (QLoRA), table 9; TRL: 2e-5, all weights")
public record Sft(
        @Option(
                says = "Tokens that carry loss: all, completion, assistant, or auto: the completion where a row has"
                        + " a prompt, else all.",
                label = "WHAT")
        LossMask lossOn,

        @Option(says = "Loss of a token: nll, or dft, weighted by its likelihood.", label = "NAME")
        TokenLoss loss,

        @Option(says = "Share of each target spread over the whole vocabulary.", least = 0, below = 1)
        @Usual(
                from = 0,
                to = 0.2,
                why = "targets are taken as they are; 0.1 is what translation uses",
                source = "Szegedy et al. 2016; transformers: 0")
        float labelSmoothing,

        @Option(
                says = "NEFTune: strength of the noise on embeddings in training, 5 to 15 in its paper.",
                label = "X",
                least = 0)
        @Usual(
                from = 0,
                to = 15,
                why = "no noise; 5 to 15 made answers better, and longer",
                source = "Jain et al. 2023, section 4; TRL: none")
        float neftuneAlpha,

        @Option(
                says = "Against forgetting: weight of KL(policy ‖ model without adapter) at each token that carries"
                        + " loss, over the whole vocabulary.",
                label = "C",
                least = 0)
        @Usual(
                from = 0,
                to = 1,
                why = "none: it costs a second pass; 0.05 to 0.2 holds a model near what it was",
                source = "Ouyang et al. 2022, eq. 2: 0.02; a choice of this program")
        float klToBase,

        @Option(
                says = "LongLoRA: attend within groups of so many tokens in training, half of the heads half a group"
                        + " further.",
                label = "TOKENS",
                otherwise = "to all tokens")
        @Usual(
                from = 64,
                to = 32768,
                why = "attention to all tokens; the paper takes a quarter of the length",
                source = "Chen et al. 2023 (LongLoRA), section 3.2")
        @Nullable
        Integer longloraGroup)
        implements Recipe<LabelledTokens> {

    /// Loss of a token.
    public enum TokenLoss {
        /// Cross entropy.
        NLL,
        /// Cross entropy, weighted by the token's likelihood.
        DFT
    }

    /// @throws IllegalArgumentException if half a group is no whole number, or two settings do not go together
    public Sft {
        if (loss == TokenLoss.DFT && labelSmoothing > 0) {
            throw new IllegalArgumentException("label-smoothing: does not go with loss dft, expected loss nll");
        }
        if (longloraGroup != null && (longloraGroup < 2 || longloraGroup % 2 != 0)) {
            throw new IllegalArgumentException(
                    "longlora-group: %d, expected an even number of at least 2".formatted(longloraGroup));
        }
    }

    /// The completion where a row has a prompt, else all tokens.
    public static Sft defaults() {
        return new Sft(LossMask.AUTO, TokenLoss.NLL, 0, 0, 0, null);
    }

    @Override
    public About about() {
        return new About(
                "sft",
                "Supervised fine-tuning",
                "Fine-tune a model with LoRA on texts, conversations or prompts with answers.",
                2e-4);
    }

    @Override
    public Encoder<LabelledTokens> encoder(TextCodec codec, int maxLength, int batch) {
        return new SftEncoder(codec, lossOn, maxLength);
    }

    @Override
    public List<LabelledTokens> wrapped(List<LabelledTokens> examples, int length) {
        return LabelledTokens.wrapped(examples, length);
    }

    @Override
    public List<LabelledTokens> sequences(LabelledTokens example) {
        return List.of(example);
    }

    @Override
    public Reading reading() {
        return new Reading(1, labelSmoothing, longloraGroup == null ? 0 : longloraGroup, neftuneAlpha, false, false);
    }

    @Override
    public double weight(LabelledTokens example) {
        return example.predicted();
    }

    @Override
    public boolean needsTeacher() {
        return klToBase > 0;
    }

    @Override
    public Var loss(Scored<LabelledTokens> batch) {
        Var learnt = tokenLoss(batch.all().logProbs());
        return klToBase > 0 ? add(learnt, scale(toBase(batch), klToBase)) : learnt;
    }

    private Var tokenLoss(Var logProbs) {
        if (loss == TokenLoss.NLL) return neg(logProbs);
        Var likelihood = exp(logProbs.tape().constant(logProbs.value()));
        return neg(mul(likelihood, logProbs));
    }

    /// `KL(p ‖ p_base)` at each labelled token, `f32[m]`, nats.
    private static Var toBase(Scored<LabelledTokens> batch) {
        return batch.divergence(1, 1);
    }

    @Override
    public List<Metric> metrics() {
        List<Metric> all = new ArrayList<>(
                List.of(Metric.loss("nats per token"), Metric.neutral("entropy", "nats per token", "Entropy")));
        if (klToBase > 0) all.add(Metric.neutral("kl_to_base", "nats per token", "KL divergence from the base"));
        all.add(Metric.rising("mean_token_accuracy", Metric.SHARE, "Token accuracy")
                .asHeadline());
        return all;
    }

    @Override
    public void measure(Scored<LabelledTokens> batch, MeanMetrics m) {
        Answers all = batch.all();
        m.add("entropy", all.entropy(), all.tokens());
        if (klToBase > 0) {
            float[] kl = batch.kernels().download(toBase(batch).value());
            double sum = 0;
            for (float x : kl) sum += x;
            m.add("kl_to_base", sum, all.tokens());
        }
        m.add("mean_token_accuracy", all.guessed(), all.tokens());
    }
}
