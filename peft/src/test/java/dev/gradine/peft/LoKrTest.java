package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// LoKr worked out by hand.
class LoKrTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private static LoKr of(int rank, double alpha, boolean both, LoKr.Zeros zeros) {
        return new LoKr(Ranks.of(rank, alpha), new LoKr.Split(both, -1, false), new LoKr.Drops(0, false, 0), zeros);
    }

    @ParameterizedTest
    @CsvSource({
        "64, -1, 8",
        "176, -1, 11",
        "127, -1, 1",
        "128, -1, 8",
        "128, 4, 4",
        "64, 8, 8",
        "176, 8, 8",
        "36, 5, 4",
        "176, 44, 44",
        "17, 8, 1"
    })
    void a_dimension_is_split_as_in_the_reference(int n, int wanted, int left) {
        assertThat(LoKr.left(n, wanted)).isEqualTo(left);
    }

    /// W₁ = [[1, 2], [3, 4]], W₂ = [[1, 0], [5, 1]], s = 6 / 2: the scale counts for whole matrices, too.
    @Test
    void the_update_is_the_kronecker_product() {
        OneLayer l = OneLayer.zeros(run, of(2, 6, false, LoKr.Zeros.TRUE), 4, 4)
                .with("lokr_w1", 1, 2, 3, 4)
                .with("lokr_w2", 1, 0, 5, 1);
        assertThat(l.output(1, 0, 0, 0)).containsExactly(3, 15, 9, 45);
        assertThat(l.output(0, 1, 0, 0)).containsExactly(0, 3, 0, 9);
        assertThat(l.output(0, 0, 1, 0)).containsExactly(6, 30, 12, 60);
        assertThat(l.output(0, 0, 0, 1)).containsExactly(0, 6, 0, 12);
    }

    @Test
    void small_ranks_split_the_right_matrix_and_if_asked_the_left() {
        assertThat(OneLayer.zeros(run, of(1, 1, false, LoKr.Zeros.TRUE), 9, 9)
                        .adapter()
                        .params()
                        .keySet())
                .containsExactly("lokr_w1", "lokr_w2_a", "lokr_w2_b");
        assertThat(OneLayer.zeros(run, of(1, 1, true, LoKr.Zeros.TRUE), 9, 9)
                        .adapter()
                        .params()
                        .keySet())
                .containsExactly("lokr_w1_a", "lokr_w1_b", "lokr_w2_a", "lokr_w2_b");
        assertThat(OneLayer.zeros(run, of(2, 1, true, LoKr.Zeros.TRUE), 9, 9)
                        .adapter()
                        .params()
                        .keySet())
                .containsExactly("lokr_w1", "lokr_w2"); // 2 is no less than half of 3
    }

    @Test
    void one_factor_begins_as_zeros() {
        assertThat(zeros(LoKr.Zeros.TRUE)).containsExactly("lokr_w1_a");
        assertThat(zeros(LoKr.Zeros.LYCORIS)).containsExactly("lokr_w2_b");
        assertThat(zeros(LoKr.Zeros.FALSE)).isEmpty();
    }

    private Iterable<String> zeros(LoKr.Zeros which) {
        OneLayer l = OneLayer.zeros(run, of(1, 1, true, which), 9, 9);
        return l.adapter().params().keySet().stream()
                .filter(name -> l.values(name)[0] == 0)
                .toList();
    }

    /// Of rows all ones; a row of the update that is left out is a zero, one that is left is divided by the mean.
    @Test
    void rank_dropout_leaves_out_outputs_and_scales_if_asked() {
        for (boolean scaled : new boolean[] {false, true}) {
            LoKr method = new LoKr(
                    Ranks.of(32, 32),
                    new LoKr.Split(false, 1, false),
                    new LoKr.Drops(0.5f, scaled, 0),
                    LoKr.Zeros.TRUE);
            float[] ones = new float[64];
            Arrays.fill(ones, 1);
            OneLayer l = OneLayer.zeros(run, method, 1, 64).with("lokr_w1", 1).with("lokr_w2", ones);
            float[] y = l.trained(5, 1);
            int kept = 0;
            for (float v : y) if (v != 0) kept++;
            assertThat(kept).isBetween(16, 48);
            for (float v : y) if (v != 0) assertThat(v).isEqualTo(scaled ? 64f / kept : 1);
            assertThat(l.output(1)).isEqualTo(ones);
        }
    }

    @Test
    void the_references_adapters_of_this_method_are_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("lokr", "lokr-both");
    }
}
