package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.peft.SparseSum.Prune;
import dev.gradine.peft.SparseSum.Share;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Against sums of dense updates, and numbers worked by hand.
class CombinationTest {

    private static final List<Double> WEIGHTS = List.of(0.7, -0.4);
    private static final Tolerance CLOSE = new Tolerance(2e-5, 1e-5, "factors rounded to f32, values up to 10");

    private final Kernels run = CpuKernels.open();
    private final Places places = Places.of(run);

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet lora(int rank, String targets, int seed) {
        return lora(Lora.of(rank, 6), targets, seed);
    }

    private AdapterSet lora(Method method, String targets, int seed) {
        AdapterSet set = AdapterSet.fresh(places, method, Selection.of(targets), run, new SplittableRandom(seed));
        TinyModel.perturb(set, run, seed);
        return set;
    }

    private static SequencedMap<String, AdapterSet> named(AdapterSet... sets) {
        SequencedMap<String, AdapterSet> all = new LinkedHashMap<>();
        for (AdapterSet set : sets) all.put(String.valueOf((char) ('a' + all.size())), set);
        return all;
    }

    private static Combination plain(Combination.Type type, int rank) {
        return new Combination(type, 0.5, rank, Double.NaN, false, 1);
    }

    /// s · B A of a linear layer, in double.
    private double[] delta(AdapterSet set, Site site) {
        Linear l = (Linear) site;
        double[] d = new double[l.in() * l.out()];
        if (!(set.adapter(site) instanceof LoraLinear lora)) return d;
        float[] a = run.download(lora.a().value());
        float[] b = run.download(lora.b().value());
        int r = lora.a().value().shape().dim(0);
        for (int i = 0; i < d.length; i++) {
            for (int c = 0; c < r; c++) {
                d[i] += (double) lora.s() * b[i / l.in() * r + c] * a[c * l.in() + i % l.in()];
            }
        }
        return d;
    }

    private double[] sum(Site site, List<AdapterSet> sets, double... weights) {
        double[] all = new double[((Linear) site).in() * ((Linear) site).out()];
        for (int t = 0; t < weights.length; t++) {
            double[] d = delta(sets.get(t), site);
            for (int i = 0; i < all.length; i++) all[i] += weights[t] * d[i];
        }
        return all;
    }

    private void requireSum(AdapterSet made, List<AdapterSet> sets, double... weights) {
        assertThat(made.adapters()).isNotEmpty();
        for (Site site : made.adapters().keySet()) {
            double[] expected = sum(site, sets, weights);
            Teeth.bite(Cases.floats(delta(made, site)), d -> CLOSE.check(site.path(), d, expected));
        }
    }

    @Test
    void cat_is_the_weighted_sum_and_its_ranks_add_up() {
        AdapterSet a = lora(3, "k_proj,down_proj", 100);
        AdapterSet b = lora(2, "down_proj", 300);
        AdapterSet made = plain(Combination.Type.CAT, 0).of(named(a, b), WEIGHTS, run);
        requireSum(made, List.of(a, b), 0.7, -0.4);
        assertThat(made.method()).isEqualTo(Lora.of(5, 5));
        assertThat(made.adapters()).hasSize(2);
    }

    @Test
    void an_svd_of_enough_rank_is_the_weighted_sum_too() {
        AdapterSet a = lora(3, ".*proj", 100);
        AdapterSet b = lora(2, ".*proj", 300);
        AdapterSet made = plain(Combination.Type.SVD, 5).of(named(a, b), WEIGHTS, run);
        requireSum(made, List.of(a, b), 0.7, -0.4);
        assertThat(made.method()).isEqualTo(Lora.of(5, 5));
        assertThat(plain(Combination.Type.SVD, 0).of(named(a, b), WEIGHTS, run).method())
                .isEqualTo(Lora.of(3, 3));
    }

    /// The nearest of rank 1 keeps ‖M‖² less the other squared values, and is nearer than any adapter of the sum.
    @Test
    void an_svd_of_a_lower_rank_is_nearer_than_its_neighbours() {
        AdapterSet a = lora(2, ".*proj", 100);
        AdapterSet b = lora(2, ".*proj", 300);
        SequencedMap<AdapterSet, Double> sum = new LinkedHashMap<>();
        sum.put(a, 0.7);
        sum.put(b, -0.4);
        AdapterSet two = plain(Combination.Type.SVD, 2).of(named(a, b), WEIGHTS, run);
        double best =
                AdapterDistance.total(AdapterDistance.fromSum(sum, two, run)).difference();
        for (int seed = 0; seed < 5; seed++) {
            AdapterSet moved = two.snapshot(run);
            for (var p : moved.params()) {
                Tensor noise =
                        run.of(p.value().shape(), Cases.plain(seed, p.value().size(), 0.02f));
                run.elementwise().axpy(1, noise, p.value());
            }
            assertThat(AdapterDistance.total(AdapterDistance.fromSum(sum, moved, run))
                            .difference())
                    .isGreaterThan(best);
        }
    }

    @Test
    void average_is_the_average_of_the_updates() {
        AdapterSet a = lora(3, ".*proj", 100);
        AdapterSet b = lora(2, ".*proj", 300);
        requireSum(
                plain(Combination.Type.AVERAGE, 0).of(named(a, b), List.of(3.0, 1.0), run), List.of(a, b), 0.75, 0.25);
        requireSum(
                plain(Combination.Type.AVERAGE, 5).of(named(a, b), List.of(3.0, 1.0), run), List.of(a, b), 0.75, 0.25);
    }

    /// methods.md has these: A1 = [1,0], B1 = [1,0]ᵀ, A2 = [0,1], B2 = [0,1]ᵀ, s = 2.
    @Test
    void linear_has_the_cross_terms_of_factors_that_are_added_apart() {
        SparseSum linear = new SparseSum(Prune.NOTHING, false);
        Share all = new Share(1, false);
        List<float[]> factors = List.of(new float[] {1, 0}, new float[] {0, 1});
        float[] b = linear.sum(factors, new float[] {1, 1}, all, new SplittableRandom(1));
        assertThat(b).containsExactly(1, 1); // √(0.5 · 2)
        float[] a = linear.sum(factors, new float[] {1, -1}, all, new SplittableRandom(1));
        assertThat(a).containsExactly(1, -1); // b aᵀ = [[1, −1], [1, −1]], not diag(1, −1)
    }

    @Test
    void linear_of_a_pair_is_what_the_rule_says() {
        AdapterSet one = lora(3, "k_proj", 100);
        AdapterSet two = lora(3, "k_proj", 300);
        AdapterSet made = plain(Combination.Type.LINEAR, 0).of(named(one, two), WEIGHTS, run);
        LowRankPair p = LowRankPair.of(one.adapters().firstEntry().getValue());
        LowRankPair q = LowRankPair.of(two.adapters().firstEntry().getValue());
        double s = 2; // 6 / 3
        float[] a = run.download(p.a());
        float[] otherA = run.download(q.a());
        double[] expected = new double[a.length];
        for (int i = 0; i < a.length; i++) expected[i] = Math.sqrt(0.7 * s) * a[i] - Math.sqrt(0.4 * s) * otherA[i];
        Teeth.bite(
                run.download(
                        LowRankPair.of(made.adapters().firstEntry().getValue()).a()),
                x -> Tolerance.elementwise(4, 2).check("a", x, expected));
        assertThat(made.method()).isEqualTo(Lora.of(3, 3));
    }

    @Test
    void ties_is_that_of_the_worked_example() {
        List<float[]> tasks =
                List.of(new float[] {.5f, -.2f, .1f, 0, -.9f}, new float[] {-.4f, -.3f, .2f, .05f, .8f}, new float[] {
                    .3f, .6f, -.05f, 0, -.1f
                });
        float[] got = new SparseSum(Prune.SMALL, true)
                .sum(tasks, new float[] {1, .5f, .5f}, new Share(.6, false), new SplittableRandom(1));
        Teeth.bite(got, x -> Tolerance.elementwise(4, 1).check("ties", x, new double[] {.325, .3, 0, 0, -.475}));
    }

    @Test
    void a_sign_elected_by_count_can_be_another() {
        List<float[]> tasks = List.of(new float[] {-3}, new float[] {1}, new float[] {1});
        SparseSum ties = new SparseSum(Prune.SMALL, true);
        float[] ones = {1, 1, 1};
        assertThat(ties.sum(tasks, ones, new Share(1, false), new SplittableRandom(1)))
                .containsExactly(-3);
        assertThat(ties.sum(tasks, ones, new Share(1, true), new SplittableRandom(1)))
                .containsExactly(1);
    }

    @Test
    void dare_keeps_a_share_and_the_mean() {
        float[] x = new float[20_000];
        Arrays.fill(x, 1);
        float[] y = new SparseSum(Prune.RANDOM, false)
                .sum(List.of(x), new float[] {1}, new Share(.25, false), new SplittableRandom(3));
        double mean = 0;
        for (float v : y) {
            assertThat(v).isIn(0f, 4f);
            mean += v / y.length;
        }
        assertThat(mean).isBetween(0.9, 1.1); // four deviations of √(3 / 20000)
    }

    @ParameterizedTest
    @EnumSource
    void one_alone_is_itself_times_its_weight(Combination.Type type) {
        AdapterSet a = lora(3, ".*proj", 100);
        AdapterSet made = plain(type, 0).of(named(a), List.of(0.5), run);
        requireSum(made, List.of(a), type == Combination.Type.AVERAGE ? 1 : 0.5);
    }

    @Test
    void a_clamp_bounds_both_factors_by_a_quantile() {
        AdapterSet a = lora(3, "k_proj", 100);
        AdapterSet b = lora(3, "k_proj", 300);
        AdapterSet free = plain(Combination.Type.SVD, 3).of(named(a, b), WEIGHTS, run);
        AdapterSet bound =
                new Combination(Combination.Type.SVD, Double.NaN, 3, 0.9, false, 1).of(named(a, b), WEIGHTS, run);
        float[] all = new float[0];
        for (var p : free.params()) all = Cases.floats(joined(all, run.download(p.value())));
        Arrays.sort(all);
        double at = 0.9 * (all.length - 1);
        double q = all[(int) at] + (at - (int) at) * (all[(int) at + 1] - all[(int) at]);
        float largest = 0;
        for (var p : bound.params()) for (float v : run.download(p.value())) largest = Math.max(largest, Math.abs(v));
        assertThat((double) largest).isCloseTo(q, org.assertj.core.data.Offset.offset(1e-6));
    }

    private static double[] joined(float[] a, float[] b) {
        double[] all = Arrays.copyOf(Cases.doubles(a), a.length + b.length);
        for (int i = 0; i < b.length; i++) all[a.length + i] = b[i];
        return all;
    }

    @Test
    void what_cannot_be_combined_is_refused() {
        AdapterSet a = lora(3, ".*proj", 100);
        AdapterSet b = lora(2, ".*proj", 300);
        assertThatThrownBy(() -> plain(Combination.Type.TIES, 0).of(named(a, b), WEIGHTS, run))
                .hasMessage("combine: the ranks are [3, 2], expected equal ones (ties adds A to A and B to B)");
        assertThatThrownBy(() -> plain(Combination.Type.CAT, 0).of(named(a, lora(2, "k_proj", 1)), WEIGHTS, run))
                .hasMessage("combine: target_modules of some are a list and of others a regular expression,"
                        + " expected the same kind");
        AdapterSet dora = lora(Dora.defaults(), ".*proj", 1);
        assertThatThrownBy(() -> plain(Combination.Type.CAT, 0).of(named(a, dora), WEIGHTS, run))
                .hasMessage("combine: b is dora, expected lora (adapters convert makes one of it)");
        assertThatThrownBy(() -> new Combination(Combination.Type.TIES, Double.NaN, 0, Double.NaN, false, 1))
                .hasMessage("combine: density is missing, expected a share of 0 to 1 (ties prunes)");
        assertThatThrownBy(() -> new Combination(Combination.Type.DARE_TIES, 0, 0, Double.NaN, false, 1))
                .hasMessage("combine: density is 0.0, expected more (dare_ties divides by it)");
    }
}
