package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.Judged;
import dev.gradine.data.encode.JudgedEncoder;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import java.util.List;

/// Binary classifier optimisation: the reward tells desirable answers from undesirable ones, as a logistic classifier
/// does whose threshold follows the rewards.
///
/// ```
/// L = −log σ(βr − δ)      of a desirable answer
/// L = −log σ(δ − βr)      of an undesirable one          r = log p − log p_ref
/// δ = mean of all rewards βr seen so far, this batch included
/// ```
///
/// δ has no gradient. Jung et al. 2024 (arXiv:2404.04656), with the running mean of TRL's trainer; the weights that
/// match the prompts of the two kinds are not among it.
///
/// @param beta β, 1/nats
@Usual(
        from = 5e-7,
        to = 0.0003,
        why = "a quarter of SFT's, for comparing answers moves a model further than imitating one",
        source = "TRL (until 1.12): 5e-7")
public record Bco(
        @Option(says = "How soon an answer is good or bad enough, 1/nats.")
        @Usual(
                from = 0.01,
                to = 0.5,
                why = "0.1, as for DPO and KTO",
                source = "Jung et al. 2024 (BCO); TRL (until 1.12): 0.1")
        float beta)
        implements JudgedLoss {

    private static final String COUNT = "rewards";
    private static final String MEAN = "delta";

    /// @throws IllegalArgumentException if beta is not above 0
    public Bco {
        if (!(beta > 0)) throw new IllegalArgumentException("bco: beta is " + beta + ", expected > 0");
    }

    /// With β = 0.1.
    public static Bco defaults() {
        return new Bco(0.1f);
    }

    @Override
    public About about() {
        return new About(
                "bco",
                "Binary classifier optimisation",
                "Align a model with LoRA on answers that are each labelled good or bad, by a running threshold.",
                5e-5);
    }

    @Override
    public Encoder<Judged> encoder(TextCodec codec, int maxLength, int batch) {
        return new JudgedEncoder(codec, maxLength, JudgedEncoder.NO_STRANGERS);
    }

    @Override
    public List<LabelledTokens> sequences(Judged example) {
        return List.of(example.answer());
    }

    @Override
    public List<String> remembers() {
        return List.of(COUNT, MEAN);
    }

    @Override
    public Var loss(Scored<Judged> batch) {
        Answers answers = batch.branch(0);
        see(answers, batch);
        Var x = shift(scale(answers.logRatio(), beta), -batch.recall(MEAN));
        Var sign = batch.each(e -> e.desirable() ? 1 : -1);
        return neg(logSigmoid(mul(x, sign)));
    }

    /// The running mean, with the rewards of a batch in it.
    private void see(Answers answers, Scored<Judged> batch) {
        double count = batch.recall(COUNT);
        double sum = 0;
        for (int i = 0; i < answers.size(); i++) sum += beta * answers.logRatio(i);
        double all = count + answers.size();
        batch.keep(MEAN, (count * batch.recall(MEAN) + sum) / all);
        batch.keep(COUNT, all);
    }

    @Override
    public Metric anchor() {
        return Metric.neutral("delta", "", "Threshold of rewards");
    }

    @Override
    public void measure(Scored<Judged> batch, MeanMetrics m) {
        m.add("delta", batch.recall(MEAN), 1);
        JudgedLoss.super.measure(batch, m);
    }
}
