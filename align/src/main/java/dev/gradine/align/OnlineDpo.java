package dev.gradine.align;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.align.pair.PairFormula;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/// Direct preference optimisation on pairs of the policy's own: of two answers that it samples to a prompt the one that
/// is worth more is the chosen one.
///
/// ```
/// R′ = R − penalty of an answer that was cut
/// L  = −log σ(β · ((p⁺ − r⁺) − (p⁻ − r⁻)))        ⁺: the answer with the larger R′
/// ```
///
/// where p and r are summed log-probabilities under the policy and the frozen reference. Guo et al. 2024
/// (arXiv:2402.04792), algorithm 1. Of two answers worth the same neither is chosen: nothing is read or learnt of the
/// pair, and `ties` counts it; TRL's trainer takes the first.
///
/// Answers are drawn at a temperature, but learnt at temperature 1. The loss of fresh answers is log 2 at first and
/// not for long: the reference stays where it is.
///
/// @param beta strength of the pull towards the reference, 1/nats
/// @param loss what compares the two answers
/// @param missingEosPenalty taken off the reward of an answer that was cut
/// @param rewards what answers are worth
/// @param sampling how they are drawn
@Usual(
        from = 5e-7,
        to = 0.0005,
        why = "as DPO and below, for answers are the policy's own",
        source = "TRL: 5e-7, all weights")
public record OnlineDpo(
        @Option(says = "Pull towards the reference, 1/nats.")
        @Usual(from = 0.01, to = 0.5, why = "0.1, as for DPO", source = "Guo et al. 2024 (online DPO); TRL: 0.1")
        float beta,

        @Option(says = "Loss of a pair: sigmoid, or ipo, of whole answers.", label = "NAME")
        Comparison loss,

        @Option(says = "Taken off the reward of an answer that was cut at --max-completion.", least = 0)
        @Usual(
                from = 0,
                to = 10,
                why = "none; 1 keeps answers from running on until they are cut",
                source = "TRL: missing_eos_penalty none")
        float missingEosPenalty,

        @Part RewardSettings rewards,
        @Part SamplingSettings sampling)
        implements GroupLoss {

    /// What compares the two answers.
    public enum Comparison {
        /// Of DPO's paper.
        SIGMOID,
        /// A finite target of the margin.
        IPO;

        private PairFormula formula() {
            return PairFormula.parse(this == IPO ? "ipo_sum" : name().toLowerCase(Locale.ROOT));
        }
    }

    /// @throws IllegalArgumentException if beta is not above 0
    public OnlineDpo {
        if (!(beta > 0)) throw new IllegalArgumentException("online-dpo: beta is " + beta + ", expected > 0");
    }

    /// β = 0.1, answers of at most 64 tokens at temperature 0.9.
    public static OnlineDpo defaults() {
        return new OnlineDpo(
                0.1f, Comparison.SIGMOID, 0, RewardSettings.defaults(), new SamplingSettings(64, 0.9f, 0, 1));
    }

    @Override
    public About about() {
        return new About(
                "online-dpo",
                "Online direct preference optimisation",
                "Let a model answer each prompt twice and align it with LoRA on the better answer against the other.",
                5e-6);
    }

    @Override
    public GroupSettings groups() {
        return new GroupSettings(2, 1, false, rewards, sampling);
    }

    @Override
    public boolean comparesWithin() {
        return true;
    }

    @Override
    public ReferenceUse reference() {
        return ReferenceUse.IN_LOSS;
    }

    @Override
    public Reading reading() {
        return Reading.PLAIN;
    }

    @Override
    public double compared(double reward, Attempt a) {
        return a.ended() ? reward : reward - missingEosPenalty;
    }

    /// 1 for the better of two answers and −1 for the other; 0 where neither is.
    @Override
    public double[] advantages(double[] compared) {
        double[] a = new double[compared.length];
        for (int i = 0; i < a.length; i++) {
            double other = compared[i ^ 1];
            a[i] = compared[i] > other ? 1 : compared[i] < other ? -1 : 0;
        }
        return a;
    }

    /// Whether one of the two answers is better.
    static boolean isDecided(Group g) {
        List<Attempt> two = g.attempts();
        return two.size() == 2 && two.get(0).advantage() != two.get(1).advantage();
    }

    /// The better answer, then the other; of a tie the prompts alone.
    @Override
    public List<LabelledTokens> sequences(Group g) {
        if (!isDecided(g)) return g.attempts().isEmpty() ? GroupLoss.super.sequences(g) : prompts(g);
        return g.attempts().stream()
                .sorted(Comparator.comparingDouble(a -> -a.advantage()))
                .map(Attempt::answer)
                .toList();
    }

    private static List<LabelledTokens> prompts(Group g) {
        return g.attempts().stream().map(Attempt::prompt).toList();
    }

    @Override
    public double weight(Group g) {
        return isDecided(g) ? 1 : 0;
    }

    @Override
    public Var loss(Scored<Group> batch) {
        Var chosen = decided(batch, batch.branch(0).logRatio());
        Var rejected = decided(batch, batch.branch(1).logRatio());
        Pairs pairs = new Pairs(batch.branch(0), batch.branch(1), batch.branch(2));
        return loss.formula().loss(new Compared(pairs, chosen, rejected), new PairFormula.Numbers(beta, 0, 1));
    }

    /// The values of those pairs that are no ties.
    private static Var decided(Scored<Group> batch, Var x) {
        int[] which = IntStream.range(0, batch.examples().size())
                .filter(i -> isDecided(batch.examples().get(i)))
                .toArray();
        int n = x.shape().dim(0);
        if (which.length == n) return x;
        return reshape(indexSelect(reshape(x, n, 1), batch.kernels().ofInts(which)), which.length);
    }

    @Override
    public void addFacts(List<Attempt> attempts, Map<String, Double> facts) {
        new OnlineDpoMetrics(this).addFacts(attempts, facts);
    }

    @Override
    public List<Metric> facts() {
        List<Metric> all = new ArrayList<>(GroupLoss.super.facts());
        all.addAll(OnlineDpoMetrics.ofAnswers());
        return all;
    }

    @Override
    public List<Metric> metrics() {
        List<Metric> all = new ArrayList<>(List.of(Metric.loss("nats per pair")));
        all.addAll(facts());
        all.addAll(OnlineDpoMetrics.ofPairs());
        return all;
    }

    @Override
    public void measure(Scored<Group> batch, MeanMetrics m) {
        new OnlineDpoMetrics(this).measure(batch, m);
    }
}
