package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.sigmoid;

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

/// Kahneman–Tversky optimisation: learning from answers that are each judged good or bad, without a rival.
///
/// ```
/// L = λ_D · (1 − σ(β (r − z)))      of a desirable answer
/// L = λ_U · (1 − σ(β (z − r)))      of an undesirable one          r = log p − log p_ref
/// z = max(0, mean of log p(y'|x) − log p_ref(y'|x))
/// ```
///
/// where y' is the answer to another prompt of the micro-batch; z estimates KL(p ‖ p_ref), is the same for all of the
/// micro-batch, and has no gradient. Ethayarajh et al. 2024 (arXiv:2402.01306), eq. 7 and 8. With `apo_zero_unpaired`
/// z is 0 and nothing is read for it: anchored preference optimisation, D'Oosterlinck et al. 2024 (arXiv:2408.06266).
///
/// At p = p_ref the loss is λ/2 for any β. Where |r − z| is large the slope vanishes: a hopeless answer is let go.
///
/// @param beta how soon an answer is good, or bad, enough, 1/nats
/// @param loss what z is
/// @param desirableWeight λ_D
/// @param undesirableWeight λ_U; the paper balances the two by λ_D n_D / (λ_U n_U) in [1, 4/3]
@Usual(
        from = 5e-7,
        to = 0.0003,
        why = "a quarter of SFT's, for comparing answers moves a model further than imitating one",
        source = "Ethayarajh et al. 2024: 5e-7 to 5e-6, all weights; TRL: 1e-6")
public record Kto(
        @Option(says = "How soon an answer is good or bad enough, 1/nats.")
        @Usual(
                from = 0.01,
                to = 0.5,
                why = "0.1 suits most models; smaller for the larger ones",
                source = "Ethayarajh et al. 2024, section 4; TRL: 0.1")
        float beta,

        @Option(
                says = "Point of comparison: kto estimates the KL divergence, apo_zero_unpaired takes 0.",
                label = "NAME")
        Anchor loss,

        @Option(says = "Weight of desirable answers.")
        @Usual(
                from = 0.1,
                to = 10,
                why = "1, for as many good as bad answers; else so that weighted counts are 1 to 1.33",
                source = "Ethayarajh et al. 2024, eq. 8; TRL: 1")
        float desirableWeight,

        @Option(says = "Weight of undesirable answers.")
        @Usual(
                from = 0.1,
                to = 10,
                why = "1, right for as many bad as good answers; see desirable-weight",
                source = "Ethayarajh et al. 2024, eq. 8; TRL: 1")
        float undesirableWeight)
        implements JudgedLoss {

    private static final double LEAST_BALANCE = 1;
    private static final double MOST_BALANCE = 4.0 / 3;

    /// What an answer's log-ratio is compared with.
    public enum Anchor {
        /// The estimated KL divergence of policy and reference.
        KTO,
        /// 0.
        APO_ZERO_UNPAIRED
    }

    /// @throws IllegalArgumentException if a number is not above 0
    public Kto {
        requirePositive("beta", beta);
        requirePositive("desirable weight", desirableWeight);
        requirePositive("undesirable weight", undesirableWeight);
    }

    private static void requirePositive(String name, float value) {
        if (!(value > 0)) throw new IllegalArgumentException("kto: " + name + " is " + value + ", expected > 0");
    }

    /// With β = 0.1 and equal weights.
    public static Kto defaults() {
        return new Kto(0.1f, Anchor.KTO, 1, 1);
    }

    @Override
    public About about() {
        return new About(
                "kto",
                "Kahneman–Tversky optimisation",
                "Align a model with LoRA on answers that are each labelled good or bad.",
                5e-5);
    }

    @Override
    public Encoder<Judged> encoder(TextCodec codec, int maxLength, int batch) {
        return new JudgedEncoder(codec, maxLength, loss == Anchor.KTO ? batch : JudgedEncoder.NO_STRANGERS);
    }

    @Override
    public List<LabelledTokens> sequences(Judged example) {
        return loss == Anchor.KTO ? List.of(example.answer(), example.stranger()) : List.of(example.answer());
    }

    @Override
    public Var loss(Scored<Judged> batch) {
        Answers answers = batch.branch(0);
        Var r = shift(answers.logRatio(), -(float) anchor(batch));
        Var sign = batch.each(e -> e.desirable() ? -beta : beta);
        Var weight = batch.each(e -> e.desirable() ? desirableWeight : undesirableWeight);
        return mul(sigmoid(mul(r, sign)), weight); // 1 − σ(x) = σ(−x)
    }

    /// z, nats.
    private double anchor(Scored<Judged> batch) {
        if (loss != Anchor.KTO) return 0;
        Answers strangers = batch.branch(1);
        double sum = 0;
        for (int i = 0; i < strangers.size(); i++) sum += strangers.logRatio(i);
        return Math.max(0, sum / strangers.size());
    }

    /// How the two kinds are balanced, against eq. 8 of the paper.
    @Override
    public List<String> advice(List<Judged> examples) {
        long desirable = examples.stream().filter(Judged::desirable).count();
        long others = examples.size() - desirable;
        if (desirable == 0 || others == 0) {
            return List.of("kto: all %,d answers are %s; it learns from both kinds"
                    .formatted(examples.size(), others == 0 ? "desirable" : "undesirable"));
        }
        double balance = desirableWeight * desirable / (undesirableWeight * others);
        String counted = "kto: %,d desirable and %,d undesirable answers, weighted %.2f to 1"
                .formatted(desirable, others, balance);
        if (balance >= LEAST_BALANCE && balance <= MOST_BALANCE) return List.of(counted);
        boolean few = balance < LEAST_BALANCE;
        double own = few ? desirableWeight : undesirableWeight;
        double from = few ? own / balance : own * balance / MOST_BALANCE;
        return List.of(counted
                + "; the paper advises 1 to 1.33: --%s-weight %.2f to %.2f"
                        .formatted(few ? "desirable" : "undesirable", from, from * MOST_BALANCE));
    }

    @Override
    public Metric anchor() {
        return Metric.neutral("kl", "nats", "KL divergence, estimated");
    }

    @Override
    public void measure(Scored<Judged> batch, MeanMetrics m) {
        m.add("kl", anchor(batch), 1);
        JudgedLoss.super.measure(batch, m);
    }
}
