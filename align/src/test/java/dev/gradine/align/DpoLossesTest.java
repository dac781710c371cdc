package dev.gradine.align;

import static dev.gradine.align.RecipeContract.Promise.IS_LOG_2_AT_THE_REFERENCE;
import static dev.gradine.align.RecipeContract.Promise.IS_SYMMETRIC;
import static dev.gradine.align.RecipeContract.Promise.KEEPS_TO_ITSELF;
import static dev.gradine.align.RecipeContract.Promise.LEARNS_THE_FIRST;
import static dev.gradine.align.RecipeContract.Promise.UNLEARNS_THE_SECOND;

import dev.gradine.align.DpoLossesTest.Loss;
import dev.gradine.align.GivenBatch.Seen;
import dev.gradine.align.RecipeContract.Promise;
import dev.gradine.data.encode.Pair;
import dev.gradine.settings.Settings;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Every loss and divergence of `dpo` under the contract of recipes, against its formula in double and a worked number.
@ParameterizedClass
@EnumSource(Loss.class)
class DpoLossesTest implements RecipeContract<Pair> {

    private static final double B = 0.3f;
    private static final double E = 0.1f;

    /// A loss of one pair from its two scores and the lengths of its answers.
    private interface OfPair {
        double of(double c, double l, double tokens, double more);
    }

    /// A loss of a whole batch.
    private interface OfBatch {
        double[] of(Seen seen, Seen held);
    }

    /// A loss with its options, the value of the worked example with β = 0.1, NaN if the batch decides, and its
    /// formula.
    @SuppressWarnings("ImmutableEnumChecker") // formulas hold nothing
    enum Loss {
        SIGMOID("loss=sigmoid", 0.5759394199, pair((c, l, n, m) -> -logSigmoid(B * (c - l)))),
        CONSERVATIVE("label-smoothing=0.1", 0.6009394199, pair((c, l, n, m) -> smoothed(B * (c - l)))),
        HINGE("loss=hinge", 0.75, pair((c, l, n, m) -> Math.max(0, 1 - B * (c - l)))),
        IPO("loss=ipo", 22.74097656, pair((c, l, n, m) -> square(c / n - l / m - 1 / (2 * B)))),
        IPO_SUM("loss=ipo_sum", 6.25, pair((c, l, n, m) -> square(c - l - 1 / (2 * B)))),
        EXO("loss=exo_pair label-smoothing=0.1", 0.3819617738, pair((c, l, n, m) -> exact(sigmoid(B * (c - l))))),
        NCA(
                "loss=nca_pair",
                1.331438128,
                pair((c, l, n, m) -> -logSigmoid(B * c) - (logSigmoid(-B * c) + logSigmoid(-B * l)) / 2)),
        ROBUST(
                "loss=robust label-smoothing=0.1",
                0.5446894199,
                pair((c, l, n, m) -> ((E - 1) * logSigmoid(B * (c - l)) + E * logSigmoid(-B * (c - l))) / (1 - 2 * E))),
        BCO_PAIR("loss=bco_pair", 1.266598517, pair((c, l, n, m) -> -logSigmoid(B * c) - logSigmoid(-B * l))),
        SPPO("loss=sppo_hard", 29.25, pair((c, l, n, m) -> square(c - 1 / (2 * B)) + square(l + 1 / (2 * B)))),
        APO_ZERO("loss=apo_zero", 0.9376686062, pair((c, l, n, m) -> 1 - sigmoid(B * c) + sigmoid(B * l))),
        APO_DOWN("loss=apo_down", 0.9876574964, pair((c, l, n, m) -> sigmoid(B * c) + 1 - sigmoid(B * (c - l)))),
        DISCOPOP("loss=discopop", 0.7774430622, pair((c, l, n, m) -> blended(B * (c - l), 0.05))),
        WIDE_BLEND("loss=discopop discopop-tau=2", Double.NaN, pair((c, l, n, m) -> blended(B * (c - l), 2))),
        NORM("loss=sigmoid_norm", 0.6816515248, pair((c, l, n, m) -> -logSigmoid(B * (c / n - l / m)))),
        SFT("loss=sft", 2, (s, _) -> crossEntropy(s)),
        AOT(
                "loss=aot label-smoothing=0.1",
                Double.NaN,
                (s, _) -> smoothed(less(sorted(margins(s)), sorted(references(s))))),
        AOT_UNPAIRED("loss=aot_unpaired", Double.NaN, (s, _) -> {
            double[] d = less(sorted(scores(s, 0)), sorted(scores(s, 1)));
            return Arrays.stream(d).map(x -> -logSigmoid(B * x)).toArray();
        }),
        SUM(
                "loss=hinge,bco_pair loss-weights=0.5,2",
                0.5 * 0.75 + 2 * 1.266598517,
                pair((c, l, n, m) -> Math.max(0, 1 - B * (c - l)) / 2 - 2 * (logSigmoid(B * c) + logSigmoid(-B * l)))),
        FORWARD_KL(
                "divergence=forward_kl",
                0.6203380747,
                pair((c, l, n, m) -> -logSigmoid(B * (Math.exp(-l) - Math.exp(-c))))),
        JENSEN_SHANNON(
                "divergence=js_divergence loss=sigmoid_norm",
                Double.NaN,
                pair((c, l, n, m) ->
                        -logSigmoid(B * ((Math.log(2) + logSigmoid(c)) / n - (Math.log(2) + logSigmoid(l)) / m)))),
        ALPHA(
                "divergence=alpha_divergence",
                0.6057233428,
                pair((c, l, n, m) -> -logSigmoid(B * 2 * (Math.exp(-l / 2) - Math.exp(-c / 2))))),
        WEIGHTED(
                "weighted=true",
                Double.NaN,
                (s, held) -> IntStream.range(0, s.tokens()[0].length)
                        .mapToDouble(i -> -logSigmoid(B * (s.ratio(0, i) - s.ratio(1, i)))
                                * Math.exp(held.mean(0, i) + held.mean(1, i)))
                        .toArray()),
        LENGTH("length-alpha=0.25", Double.NaN, (s, _) -> {
            double[] c = desensitised(s, 0);
            double[] l = desensitised(s, 1);
            return IntStream.range(0, c.length)
                    .mapToDouble(i -> -logSigmoid(B * (c[i] - l[i])))
                    .toArray();
        });

        private final String options;
        private final double worked;
        private final OfBatch formula;

        Loss(String options, double worked, OfBatch formula) {
            this.options = options;
            this.worked = worked;
            this.formula = formula;
        }

        Dpo with(double beta) {
            Map<String, String> all = new LinkedHashMap<>(Examples.options(options));
            all.put("beta", String.valueOf((float) beta));
            return Settings.of(Dpo.defaults()).read(all);
        }

        private static OfBatch pair(OfPair f) {
            return (s, _) -> {
                double[] out = new double[s.tokens()[0].length];
                for (int i = 0; i < out.length; i++) {
                    out[i] = f.of(s.ratio(0, i), s.ratio(1, i), s.tokens()[0][i].length, s.tokens()[1][i].length);
                }
                return out;
            };
        }

        private static double logSigmoid(double x) {
            return -Math.log1p(Math.exp(-x));
        }

        private static double sigmoid(double x) {
            return 1 / (1 + Math.exp(-x));
        }

        private static double square(double x) {
            return x * x;
        }

        private static double smoothed(double x) {
            return (E - 1) * logSigmoid(x) - E * logSigmoid(-x);
        }

        private static double[] smoothed(double[] d) {
            return Arrays.stream(d).map(x -> smoothed(B * x)).toArray();
        }

        private static double exact(double q) {
            return q * (Math.log(q) - Math.log(1 - E)) + (1 - q) * (Math.log(1 - q) - Math.log(E));
        }

        private static double blended(double x, double tau) {
            double m = sigmoid(x / tau);
            return -(1 - m) * logSigmoid(x) + m * Math.exp(-x);
        }

        private static double[] crossEntropy(Seen s) {
            double tokens = Arrays.stream(s.tokens()[0]).mapToInt(t -> t.length).sum();
            int n = s.tokens()[0].length;
            return IntStream.range(0, n)
                    .mapToDouble(i -> -s.sum(0, i) * n / tokens)
                    .toArray();
        }

        private static double[] scores(Seen s, int branch) {
            return IntStream.range(0, s.tokens()[0].length)
                    .mapToDouble(i -> s.ratio(branch, i))
                    .toArray();
        }

        private static double[] margins(Seen s) {
            return IntStream.range(0, s.tokens()[0].length)
                    .mapToDouble(i -> s.sum(0, i) - s.sum(1, i))
                    .toArray();
        }

        private static double[] references(Seen s) {
            return IntStream.range(0, s.tokens()[0].length)
                    .mapToDouble(i -> s.reference(0, i) - s.reference(1, i))
                    .toArray();
        }

        private static double[] sorted(double[] x) {
            return Arrays.stream(x).sorted().toArray();
        }

        private static double[] less(double[] a, double[] b) {
            return IntStream.range(0, a.length).mapToDouble(i -> a[i] - b[i]).toArray();
        }

        private static double[] desensitised(Seen s, int branch) {
            return IntStream.range(0, s.tokens()[0].length)
                    .mapToDouble(i -> {
                        int both = Math.min(s.tokens()[0][i].length, s.tokens()[1][i].length);
                        double sum = 0;
                        for (int t = 0; t < s.tokens()[branch][i].length; t++) {
                            sum += (t < both ? 1 : 0.25) * (s.tokens()[branch][i][t] - s.references()[branch][i][t]);
                        }
                        return sum;
                    })
                    .toArray();
        }
    }

    private final Loss loss;

    DpoLossesTest(Loss loss) {
        this.loss = loss;
    }

    @Override
    public Recipe<Pair> recipe() {
        return loss.with(B);
    }

    @Override
    public List<Pair> examples() {
        return Examples.pairs();
    }

    @Override
    public Set<Promise> promises() {
        return switch (loss) {
            case SIGMOID, CONSERVATIVE, ROBUST, LENGTH -> EnumSet.allOf(Promise.class);
            case HINGE, EXO, WIDE_BLEND, WEIGHTED ->
                EnumSet.of(LEARNS_THE_FIRST, UNLEARNS_THE_SECOND, IS_SYMMETRIC, KEEPS_TO_ITSELF);
            case FORWARD_KL, JENSEN_SHANNON, ALPHA, NORM ->
                EnumSet.of(LEARNS_THE_FIRST, UNLEARNS_THE_SECOND, KEEPS_TO_ITSELF, IS_LOG_2_AT_THE_REFERENCE);
            case APO_ZERO, BCO_PAIR, SUM -> EnumSet.of(LEARNS_THE_FIRST, UNLEARNS_THE_SECOND, KEEPS_TO_ITSELF);
            case AOT -> EnumSet.of(LEARNS_THE_FIRST, UNLEARNS_THE_SECOND, IS_SYMMETRIC, IS_LOG_2_AT_THE_REFERENCE);
            case AOT_UNPAIRED -> EnumSet.of(LEARNS_THE_FIRST, UNLEARNS_THE_SECOND, IS_LOG_2_AT_THE_REFERENCE);
            case NCA, APO_DOWN -> EnumSet.of(UNLEARNS_THE_SECOND, KEEPS_TO_ITSELF);
            case DISCOPOP, IPO_SUM -> EnumSet.of(IS_SYMMETRIC, KEEPS_TO_ITSELF);
            case IPO -> EnumSet.of(LEARNS_THE_FIRST, UNLEARNS_THE_SECOND, KEEPS_TO_ITSELF);
            case SPPO -> EnumSet.of(KEEPS_TO_ITSELF);
            case SFT -> EnumSet.of(LEARNS_THE_FIRST);
        };
    }

    @Override
    public double[] formula(Seen seen, Seen held) {
        return loss.formula.of(seen, held);
    }

    /// log p⁺ = −20 against −22 in 10 tokens, log p⁻ = −30 against −29.5 in 16.
    @Test
    void the_worked_number_comes_out() {
        if (Double.isNaN(loss.worked)) return;
        Tolerance rounded = Tolerance.elementwise(16, 60);
        float[] got = {Examples.worked(loss.with(0.1))};
        Teeth.bite(got, l -> rounded.check("loss", l, new double[] {loss.worked}));
    }
}
