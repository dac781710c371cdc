package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.square;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.data.encode.RewardEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import java.util.List;

/// A reward model after Bradley and Terry: the chosen text gets the higher score.
///
/// ```
/// L = −log σ(r⁺ − r⁻ − m) + c · (r⁺ + r⁻)²
/// ```
///
/// where r is the score of a whole text, m by how much the chosen answer is better, as far as its row says, and c holds
/// the scores of a pair around 0. Ouyang et al. 2022 (arXiv:2203.02155), eq. 1; the margin is Llama 2's (Touvron et al.
/// 2023, arXiv:2307.09288, eq. 2), the centring Eisenstein et al.'s (2023, arXiv:2312.09244).
///
/// @param center c
@Usual(from = 1e-5, to = 0.001, why = "a fresh head has all to learn", source = "TRL: 1e-4")
public record Reward(
        @Option(says = "Weight of the squared sum of a pair's scores, which holds them around 0.", least = 0)
        @Usual(
                from = 0,
                to = 0.1,
                why = "none; 0.01 holds scores around 0 and changes no ranking",
                source = "Eisenstein et al. 2023; TRL: none")
        float center)
        implements Recipe<Pair> {

    /// Without centring.
    public static Reward defaults() {
        return new Reward(0);
    }

    @Override
    public About about() {
        return new About(
                "reward",
                "Reward model",
                "Train a head for scores, with LoRA below it, on pairs of a chosen and a rejected answer.",
                1e-4);
    }

    @Override
    public Encoder<Pair> encoder(TextCodec codec, int maxLength, int batch) {
        return new RewardEncoder(codec, maxLength);
    }

    @Override
    public Reading reading() {
        return Reading.SCORES;
    }

    @Override
    public List<LabelledTokens> sequences(Pair pair) {
        return List.of(pair.chosen(), pair.rejected());
    }

    @Override
    public Var loss(Scored<Pair> batch) {
        Pairs p = Pairs.of(batch);
        Var chosen = p.chosen().sums();
        Var rejected = p.rejected().sums();
        Var compared = neg(logSigmoid(sub(sub(chosen, rejected), batch.each(Pair::margin))));
        return center == 0 ? compared : add(compared, scale(square(add(chosen, rejected)), center));
    }

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metric.loss("nats per pair"),
                Metric.neutral("mean_reward", "", "Mean reward").in("Rewards"),
                Metric.neutral("min_reward", "", "Lowest reward").in("Rewards"),
                Metric.neutral("max_reward", "", "Highest reward").in("Rewards"),
                Metric.rising("margin", "", "Reward margin").in("Rewards"),
                Metric.rising("accuracy", Metric.SHARE, "Preference accuracy").asHeadline());
    }

    @Override
    public void measure(Scored<Pair> batch, MeanMetrics m) {
        Pairs p = Pairs.of(batch);
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < p.size(); i++) {
            double chosen = p.chosen().sum(i);
            double rejected = p.rejected().sum(i);
            m.add("accuracy", chosen > rejected ? 1 : 0, 1);
            m.add("margin", chosen - rejected, 1);
            m.add("mean_reward", chosen + rejected, 2);
            least = Math.min(least, Math.min(chosen, rejected));
            most = Math.max(most, Math.max(chosen, rejected));
        }
        m.add("min_reward", least, 1);
        m.add("max_reward", most, 1);
    }
}
