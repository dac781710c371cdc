package dev.gradine.lab.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.lab.Experiment;
import dev.gradine.lab.Lab;
import dev.gradine.lab.Result;
import dev.gradine.lab.Table;
import dev.gradine.tensor.cpu.CpuKernels;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What must show in a table for a claim to hold shows in tables made so that it does, and not in others.
class VerdictsTest {

    @TempDir
    private Path folder = Path.of("");

    private static List<Boolean> shows(Experiment e, Table t) {
        return e.expected().stream().map(x -> x.shows().test(t)).toList();
    }

    private static Table frontier(double reward) {
        Table t = new Table("model");
        point(t, "base", 0, 0);
        point(t, "sft, 50 steps", 0.5, reward);
        point(t, "sft, 200 steps", 2, reward);
        point(t, "dpo, β 10, 200 steps", 1, 0.4);
        point(t, "dpo, β 0.125, 200 steps", 3, 0.3); // farther, and worse: it bounds nothing
        point(t, "dpo, β 1, 200 steps", 4, 0.6);
        return t;
    }

    private static void point(Table t, String row, double kl, double reward) {
        t.put(row, "KL", kl).put(row, "reward", reward);
    }

    @Test
    void the_frontier_is_the_best_straight_line_over_a_distance() {
        Table t = frontier(0.1);
        assertThat(DpoFrontier.frontier(t, 0.5)).isCloseTo(0.2, within(1e-12)); // half way from base to β 10
        assertThat(DpoFrontier.frontier(t, 2)).isCloseTo(0.4 + 0.2 / 3, within(1e-12)); // a third of the way to β 1
        assertThat(DpoFrontier.frontier(t, 9)).isEqualTo(0.6);
    }

    @Test
    void fine_tuning_above_the_frontier_refutes_it() {
        assertThat(shows(new DpoFrontier(), frontier(0.1))).containsExactly(true, true, true);
        assertThat(shows(new DpoFrontier(), frontier(0.3))).containsExactly(false, true, true);
        assertThat(shows(new DpoFrontier(), frontier(0.7))).containsExactly(false, false, false);
    }

    private static Table compute(double orpo, double accuracy) {
        return new Table("way")
                .put("sft, then dpo", "compute, thousands", 100)
                .put("sft, then dpo", "accuracy", 0.8)
                .put("orpo", "compute, thousands", orpo)
                .put("orpo", "accuracy", accuracy);
    }

    @Test
    void compute_is_saved_only_where_both_ways_arrive() {
        assertThat(shows(new OrpoCompute(), compute(60, 0.8))).containsExactly(true, true);
        assertThat(shows(new OrpoCompute(), compute(90, 0.8))).containsExactly(true, false);
        assertThat(shows(new OrpoCompute(), compute(120, 0.8))).containsExactly(false, false);
        assertThat(shows(new OrpoCompute(), compute(60, 0.7))).containsExactly(false, false);
    }

    @Test
    void few_good_answers_must_beat_pairs_and_their_own_imbalance() {
        Table t = new Table("model").put("base", "reward", 0).put("dpo", "reward", 0.5);
        t.put("kto, 10 % of the good answers, λ_D 10", "reward", 0.4);
        t.put("kto, 10 % of the good answers", "reward", 0.1);
        assertThat(shows(new KtoImbalance(), t)).containsExactly(true, false, true);
    }

    @Test
    void sums_must_make_answers_longer_than_means_do() {
        Table t = new Table("model").put("simpo", "length", 5).put("without normalisation", "length", 7);
        t.put("simpo", "reward", 0.2).put("without normalisation", "reward", 0.1);
        assertThat(shows(new SimpoLength(), t)).containsExactly(true, true);
        assertThat(shows(new SimpoLength(), t.put("simpo", "length", 8))).containsExactly(false, true);
    }

    private static Table flips(double ipo) {
        return new Table("loss")
                .put("dpo", "accuracy, 0 %", 0.9)
                .put("dpo", "accuracy, 30 %", 0.7)
                .put("ipo", "accuracy, 0 %", 0.8)
                .put("ipo", "accuracy, 30 %", ipo)
                .put("dpo", "KL, 30 %", 9)
                .put("ipo", "KL, 30 %", 3);
    }

    @Test
    void what_counts_is_what_flipped_preferences_take_from_each() {
        assertThat(shows(new FlippedPreferences(), flips(0.65))).containsExactly(true, true, true);
        assertThat(shows(new FlippedPreferences(), flips(0.55))).containsExactly(true, false, true);
    }

    private static Table refusals(double kto, double harmful) {
        Table t = new Table("model");
        double[] harmless = {0.98, 0.9, 0.4, 0.1};
        List<String> rows = List.of("base", "dpo, β 1", "dpo, β 0.3", "dpo, β 0.1");
        for (int i = 0; i < 4; i++) {
            t.put(rows.get(i), "harmless refused", harmless[i]).put(rows.get(i), "harmful refused", 0.95);
        }
        return t.put("kto", "harmless refused", kto).put("kto", "harmful refused", harmful);
    }

    @Test
    void a_model_is_mended_where_it_answers_the_harmless_and_refuses_the_harmful() {
        assertThat(shows(new TooSafe(), refusals(0.2, 0.95))).containsExactly(true, true, true, true);
        assertThat(shows(new TooSafe(), refusals(0.6, 0.8))).containsExactly(true, true, false, false);
        assertThat(shows(new TooSafe(), refusals(0.95, 0.95))).containsExactly(true, false, false, true);
    }

    private static Table replayed(double kept, double sums) {
        Table t = new Table("model").put("0 % stories", "loss on sums", 0.6).put("5 % stories", "loss on sums", sums);
        t.put("0 % stories", "loss on stories", 3).put("5 % stories", "loss on stories", 2.5);
        return t.put("20 % stories", "loss on stories", 2).put("5 % stories", "kept", kept);
    }

    @Test
    void replay_must_keep_half_and_cost_little() {
        assertThat(shows(new Replay(), replayed(0.6, 0.62))).containsExactly(true, true, true);
        assertThat(shows(new Replay(), replayed(0.4, 0.7))).containsExactly(true, false, false);
    }

    private static Table tax(double right, double reward) {
        return new Table("model")
                .put("base", "letters right", 1)
                .put("aligned", "letters right", 0.4)
                .put("50/50 mean", "letters right", right)
                .put("base", "reward", 0)
                .put("aligned", "reward", 0.6)
                .put("50/50 mean", "reward", reward);
    }

    @Test
    void the_mean_must_pay_half_of_the_tax_for_half_of_the_reward() {
        assertThat(shows(new AlignmentTax(), tax(0.8, 0.4))).containsExactly(true, true, true);
        assertThat(shows(new AlignmentTax(), tax(0.6, 0.2))).containsExactly(true, false, false);
    }

    /// Those whose effect is far above the noise of three seeds.
    @Tag("slow")
    @ParameterizedTest
    @CsvSource({"frontier, 2", "kto, 0", "kto, 2", "flips, 0", "flips, 2", "too-safe, 0", "replay, 0", "tax, 0"})
    void a_large_effect_shows_with_every_seed(String name, int expectation) {
        Result r = new Lab(CpuKernels::open, folder).run(Lab.named(name), Lab.SEEDS, false);
        assertThat(r.held(r.expected().get(expectation))).isTrue();
    }
}
