package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// OFT on blocks of two inputs, Q = [[0, q], [−q, 0]], whose square is −q², and what it refuses.
class OftTest {

    private static final double Q = 0.3;

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private static Oft series(int terms) {
        return new Oft(
                new Oft.Size(0, 2, false), new Oft.Series(true, terms), new Oft.Limit(false, 0), InitWeights.TRUE);
    }

    private static Oft constrained(double eps) {
        return new Oft(new Oft.Size(0, 2, false), new Oft.Series(false, 5), new Oft.Limit(true, eps), InitWeights.TRUE);
    }

    /// x R for x = (1, 0) is R's first row (c, s), as R = c + s/q · Q.
    private void check(Oft method, double c, double s) {
        OneLayer l = OneLayer.unit(run, method, 2).with("oft_R.weight", (float) Q);
        double[] expected = {c, s};
        Teeth.bite(l.output(1, 0), y -> Tolerance.dot(2, 2, 2).check("x R", y, expected));
    }

    /// (1 − Q)² / (1 + q²)
    @Test
    void the_exact_rotation_is_cayleys() {
        Oft exact =
                new Oft(new Oft.Size(0, 2, false), new Oft.Series(false, 5), new Oft.Limit(false, 0), InitWeights.TRUE);
        check(exact, (1 - Q * Q) / (1 + Q * Q), -2 * Q / (1 + Q * Q));
    }

    @ParameterizedTest
    @CsvSource({"2", "3", "4", "5", "6", "7"})
    void the_series_is_the_references(int terms) {
        double[] powers = new double[8]; // of Q² = −q², and of Q where the exponent is odd
        for (int j = 0; j < 8; j++) powers[j] = Math.pow(-Q * Q, Math.floorDiv(j, 2)) * (j % 2 == 0 ? 1 : Q);
        double[] sum = {1, 2 * Q};
        int last = terms == 2 ? 1 : Math.max(3, terms - 1); // three terms end with Q³, as four do
        for (int j = 2; j <= last; j++) sum[j % 2] += (j == last ? 1 : 2) * powers[j];
        check(series(terms), sum[0], sum[1]);
    }

    @Test
    void one_term_turns_nothing() {
        check(series(1), 1, 0);
    }

    @Test
    void every_block_is_turned_by_its_own_or_by_the_same() {
        OneLayer own = OneLayer.unit(run, series(2), 4).with("oft_R.weight", 0.25f, 0.5f);
        assertThat(own.output(1, 0, 1, 0)).containsExactly(1, 0.5f, 1, 1);
        Oft shared =
                new Oft(new Oft.Size(2, 0, true), new Oft.Series(true, 2), new Oft.Limit(false, 0), InitWeights.TRUE);
        OneLayer same = OneLayer.unit(run, shared, 4).with("oft_R.weight", 0.25f);
        assertThat(same.output(1, 0, 1, 0)).containsExactly(1, 0.5f, 1, 0.5f);
    }

    @ParameterizedTest
    @CsvSource({"64, 8, 8", "17, 32, 17", "17, 4, 1", "24, 7, 6", "24, 9, 8", "24, 10, 8", "24, 11, 12", "176, 32, 22"})
    void a_size_that_does_not_divide_is_taken_to_the_nearest_divisor(int n, int wanted, int taken) {
        assertThat(Oft.divisor(n, wanted)).isEqualTo(taken);
    }

    /// Two blocks of lengths √2 · 3 and √2 · 0.001; each may have eps / √2.
    @Test
    void in_training_coft_shortens_what_is_trained_and_leaves_what_is_short() {
        OneLayer l = OneLayer.unit(run, constrained(0.2), 4).with("oft_R.weight", 3, 0.001f);
        l.trained(1, 1, 0, 1, 0);
        double[] expected = {0.1, 0.001};
        Teeth.bite(l.values("oft_R.weight"), v -> Tolerance.dot(1, 1, 1).check("Q", v, expected));
    }

    @Test
    void without_training_coft_computes_the_same_and_changes_nothing() {
        OneLayer l = OneLayer.unit(run, constrained(0.2), 4).with("oft_R.weight", 3, 0.001f);
        float[] y = l.output(1, 0, 1, 0);
        assertThat(l.values("oft_R.weight")).containsExactly(3, 0.001f);
        assertThat(l.trained(1, 1, 0, 1, 0)).isEqualTo(y);
    }

    /// As if the short values were what is trained: the gradient is that at them.
    @Test
    void the_shortening_has_no_gradient() {
        OneLayer shortened = OneLayer.unit(run, constrained(0.2), 2).with("oft_R.weight", 3);
        Oft free =
                new Oft(new Oft.Size(0, 2, false), new Oft.Series(false, 5), new Oft.Limit(false, 0), InitWeights.TRUE);
        OneLayer there = OneLayer.unit(run, free, 2).with("oft_R.weight", (float) (0.2 / Math.sqrt(2)));
        double[] expected = {gradient(there)};
        float[] got = {(float) gradient(shortened)};
        Tolerance.elementwise(64).check("gradient", got, expected);
    }

    private double gradient(OneLayer l) {
        Pass pass = Pass.of(Tape.recording(run)).training(1);
        var y = l.apply(pass, 1, 0.5f);
        y.tape().backward(y, run.of(y.shape(), 1, 2));
        return run.download(l.value("oft_R.weight").grad())[0];
    }

    @Test
    void number_and_size_of_blocks_exclude_each_other() {
        assertThatThrownBy(() -> new Oft(
                        new Oft.Size(4, 32, false), new Oft.Series(true, 5), new Oft.Limit(false, 0), InitWeights.TRUE))
                .isInstanceOf(AdapterException.class)
                .hasMessage("oft: blocks is 4 and block-size is 32, expected one of the two to be 0");
        assertThatThrownBy(() -> new Oft(
                        new Oft.Size(0, 0, false), new Oft.Series(true, 5), new Oft.Limit(false, 0), InitWeights.TRUE))
                .isInstanceOf(AdapterException.class)
                .hasMessage("oft: blocks is 0 and block-size is 0, expected one of the two to be 0");
    }

    @Test
    void blocks_of_one_input_are_refused() {
        assertThatThrownBy(() -> OneLayer.unit(
                        run,
                        new Oft(
                                new Oft.Size(0, 4, false),
                                new Oft.Series(true, 5),
                                new Oft.Limit(false, 0),
                                InitWeights.TRUE),
                        17))
                .isInstanceOf(AdapterException.class)
                .hasMessage("oft: blocks of one input at layers.0.up_proj, which has 17, expected larger ones:"
                        + " nothing turns");
    }

    @Test
    void the_references_adapters_of_this_method_are_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("oft", "oft-exact", "oft-shared");
    }
}
