package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// MiSS worked out by hand, and what it refuses.
class MissTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private static Miss of(int rank, int mini, Miss.Variant variant) {
        return new Miss(rank, mini, variant, 0);
    }

    @Test
    void inputs_that_lie_r_apart_share_a_row_also_where_r_does_not_divide_them() {
        OneLayer l = OneLayer.zeros(run, of(2, 1, Miss.Variant.TRUE), 5, 2).with("miss_block", 1, 2, 10, 20);
        assertThat(l.output(1, 2, 3, 4, 5)).containsExactly(9 + 60, 18 + 120);
    }

    @Test
    void mini_repeats_its_columns_along_the_outputs() {
        OneLayer l = OneLayer.zeros(run, of(2, 2, Miss.Variant.MINI), 4, 4).with("miss_block", 1, 2, 10, 20);
        assertThat(l.output(1, 2, 3, 4)).containsExactly(4 + 60, 8 + 120, 4 + 60, 8 + 120);
    }

    /// W_1 = [[1, 2], [3, 4]], W_2 = 0: ΔW_q = (W_q + 1) D = [[2, 2], [3, 5]] D and D, D = [[1, 0], [1, 1]].
    @Test
    void bat_multiplies_the_weights_blocks() {
        OneLayer l = OneLayer.of(run, of(2, 1, Miss.Variant.BAT), 4, 1, 2, 0, 0, 3, 4, 0, 0)
                .with("miss_block", 1, 0, 1, 1);
        assertThat(l.output(1, 0, 0, 0)).containsExactly(1 + 4, 3 + 8);
        assertThat(l.output(0, 1, 0, 0)).containsExactly(2 + 2, 4 + 5);
        assertThat(l.output(0, 0, 1, 0)).containsExactly(1, 1);
    }

    @Test
    void dropout_acts_in_training_alone_and_never_on_bat() {
        float[] x = {1, 2, 3, 4};
        Miss half = new Miss(2, 1, Miss.Variant.TRUE, 0.5f);
        OneLayer l = OneLayer.zeros(run, half, 4, 1).with("miss_block", 1, 10);
        assertThat(l.trained(3, x)).isNotEqualTo(l.output(x));
        OneLayer bat = OneLayer.zeros(run, new Miss(2, 1, Miss.Variant.BAT, 0.5f), 4, 2)
                .with("miss_block", 1, 2, 3, 4);
        assertThat(bat.trained(3, x)).isEqualTo(bat.output(x));
    }

    @Test
    void what_does_not_fit_a_layer_is_refused() {
        refused(of(5, 1, Miss.Variant.TRUE), "rank is 5 at layers.0.up_proj, [2, 4], expected at most its inputs");
        refused(
                of(2, 3, Miss.Variant.MINI),
                "mini-rank is 3 at layers.0.up_proj, [2, 4], expected a divisor of its outputs");
        refused(
                of(4, 1, Miss.Variant.BAT),
                "rank is 4 at layers.0.up_proj, [2, 4], expected a divisor of both (init-weights is bat)");
    }

    private void refused(Miss method, String message) {
        assertThatThrownBy(() -> OneLayer.zeros(run, method, 4, 2))
                .isInstanceOf(AdapterException.class)
                .hasMessage("miss: " + message);
    }

    @Test
    void init_weights_is_a_flag_or_a_word() {
        assertThat(read(true)).isEqualTo(Miss.Variant.TRUE);
        assertThat(read(false)).isEqualTo(Miss.Variant.FALSE);
        assertThat(read("bat")).isEqualTo(Miss.Variant.BAT);
        assertThatThrownBy(() -> read("big"))
                .isInstanceOf(AdapterException.class)
                .hasMessage("f: init_weights is \"big\", expected one of [true, false, mini, bat]");
    }

    private static Miss.Variant read(Object init) {
        Map<String, Object> json = Map.of("peft_type", "MISS", "target_modules", "x", "init_weights", init);
        return ((Miss) AdapterConfig.read(json, "f").method()).initWeights();
    }

    @Test
    void the_references_adapters_of_this_method_are_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("miss", "miss-bat", "miss-mini");
    }
}
