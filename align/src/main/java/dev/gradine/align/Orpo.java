package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.clamp;
import static dev.gradine.autograd.op.Functions.log1mexp;
import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Odds ratio preference optimisation: fine-tuning on the chosen answer, and its odds above those of the rejected one;
/// there is no reference.
///
/// ```
/// L = NLL − β · log σ(o⁺ − o⁻)      o = log(e^a / (1 − e^a)) = a − log(1 − e^a)
/// ```
///
/// where a is the mean log-probability of an answer's tokens, so that e^a is the likelihood of a token of it, and NLL
/// the cross entropy of all tokens of prompt and chosen answer, a mean over those of the whole micro-batch. Hong et al.
/// 2024 (arXiv:2403.07691), eq. 6 and 7; the prompt is learnt, too, as in TRL and in the authors' code.
///
/// As a → 0 the odds are infinite; there a counts as −10⁻⁶.
///
/// @param beta weight of the odds ratio; λ in the paper, 0.1 to 1 in its experiments
@Usual(
        from = 1e-6,
        to = 0.0003,
        why = "a quarter of SFT's, for comparing answers moves a model further than imitating one",
        source = "Hong et al. 2024: 8e-6, all weights; TRL: 1e-6")
public record Orpo(
        @Option(says = "Weight of the odds ratio.")
        @Usual(
                from = 0.05,
                to = 1,
                why = "0.1 for models of 1.3 to 7 billion values; it weighs the odds ratio beside the cross entropy",
                source = "Hong et al. 2024 (ORPO); TRL: 0.1")
        float beta)
        implements ReferenceFree {

    private static final float CERTAIN = -1e-6f; // nats per token

    /// @throws IllegalArgumentException if beta is not above 0
    public Orpo {
        if (!(beta > 0)) throw new IllegalArgumentException("orpo: beta is " + beta + ", expected > 0");
    }

    /// With β = 0.1.
    public static Orpo defaults() {
        return new Orpo(0.1f);
    }

    @Override
    public About about() {
        return new About(
                "orpo",
                "Odds ratio preference optimisation",
                "Fine-tune and align a model with LoRA at once, on pairs of a chosen and a rejected answer.",
                5e-5);
    }

    /// The answers, and the prompt, which is read together with them.
    @Override
    public List<LabelledTokens> sequences(Pair pair) {
        int[] ids = pair.chosen().ids();
        int[] prompt = Arrays.copyOf(ids, Math.max(1, pair.chosen().promptTokens()));
        return List.of(pair.chosen(), pair.rejected(), new LabelledTokens(prompt, prompt));
    }

    @Override
    public Var comparison(Pairs p) {
        return scale(logSigmoid(sub(logOdds(p.chosen()), logOdds(p.rejected()))), -beta);
    }

    @Override
    public float sftWeight() {
        return 1;
    }

    @Override
    public List<Answers> learnt(Pairs p) {
        return List.of(p.chosen(), p.more());
    }

    private static Var logOdds(Answers answers) {
        Var a = answers.means();
        return sub(a, log1mexp(clamp(a, -Float.MAX_VALUE, CERTAIN)));
    }

    private static double logOdds(double a) {
        return a - Math.log(-Math.expm1(Math.min(a, CERTAIN)));
    }

    @Override
    public double logp(Answers answers, int i) {
        return answers.mean(i);
    }

    @Override
    public List<Metric> metrics() {
        List<Metric> all = new ArrayList<>(ReferenceFree.super.metrics());
        all.add(Metric.rising("log_odds_ratio", "", "Log-sigmoid of the odds ratio"));
        all.add(Metric.rising("log_odds_chosen", "", "Log odds ratio"));
        return all;
    }

    @Override
    public void measure(Scored<Pair> batch, MeanMetrics m) {
        ReferenceFree.super.measure(batch, m);
        Pairs p = Pairs.of(batch);
        for (int i = 0; i < p.size(); i++) {
            double ratio = logOdds(p.chosen().mean(i)) - logOdds(p.rejected().mean(i));
            m.add("log_odds_ratio", -Math.log1p(Math.exp(-ratio)), 1);
            m.add("log_odds_chosen", ratio, 1);
        }
    }
}
