package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.optim.Muon.AdjustLr;
import dev.gradine.tensor.Shape;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Oracle: the golden values.
class MuonTest implements OptimizerContract {

    private static final Muon ORIGINAL = new Muon(0.95, true, 5, AdjustLr.ORIGINAL, 1, Moments.USUAL);

    @Override
    public Optimizer.Settings settings() {
        return Muon.defaults();
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.of(
                Promise.FOLLOWS_THE_LEARNING_RATE, Promise.DECOUPLES_DECAY, Promise.FORGETS_THE_SIZE_OF_THE_GRADIENT);
    }

    @Test
    void twenty_steps_are_those_of_torch() {
        GoldenSteps.check(ORIGINAL, "muon-fp32", 2e-2, 0.1);
    }

    /// PyTorch iterates in bf16: single values differ by up to 0.011, their root mean square does not.
    @Test
    void steps_in_bf16_are_near() {
        GoldenSteps.run(ORIGINAL, "muon", 2e-2, 0.1, near(4e-3));
        Muon plain = new Muon(0.9, false, 5, AdjustLr.MATCH_RMS_ADAMW, 1, Moments.USUAL);
        GoldenSteps.run(plain, "muon-rms", 1e-3, 0, near(2e-4));
        Muon less = new Muon(0.95, true, 3, AdjustLr.ORIGINAL, 1, Moments.USUAL);
        assertThatThrownBy(() -> GoldenSteps.run(less, "muon", 2e-2, 0.1, near(4e-3)))
                .isInstanceOf(AssertionError.class);
    }

    private static GoldenSteps.Look near(double most) {
        return (t, params, _, expected) -> params.forEach((n, p) -> {
            float[] want = expected.tensor(n + "." + t).toFloats();
            float[] got = p.value().toFloats();
            double squares = 0;
            for (int i = 0; i < got.length; i++) squares += Math.pow(got[i] - want[i], 2);
            assertThat(Math.sqrt(squares / got.length)).as(n + "." + t).isLessThan(most);
        });
    }

    @Test
    void steps_grow_with_a_matrix_as_is_asked() {
        assertThat(AdjustLr.ORIGINAL.factor(8, 2)).isEqualTo(2);
        assertThat(AdjustLr.ORIGINAL.factor(2, 8)).isEqualTo(1);
        assertThat(AdjustLr.MATCH_RMS_ADAMW.factor(4, 25)).isEqualTo(1);
        assertThat(AdjustLr.SPECTRAL_UNCLAMPED.factor(2, 8)).isEqualTo(0.5);
    }

    @Test
    void what_is_no_matrix_moves_by_adamw_and_a_line_says_so() {
        Muon half = new Muon(0.95, true, 5, AdjustLr.MATCH_RMS_ADAMW, 0.5, Moments.USUAL);
        try (Vectors muon = new Vectors(half, 0.1);
                Vectors adamW = new Vectors(AdamW.defaults(), 0.1)) {
            muon.gradients(1, 1);
            muon.step(1, 0.1, 0.5);
            adamW.gradients(1, 1);
            adamW.step(1, 0.05, 0.5);
            assertThat(Arrays.copyOfRange(muon.values(), 15, 36)).isEqualTo(Arrays.copyOfRange(adamW.values(), 15, 36));
            assertThat(half.notes(muon.groups()))
                    .containsExactly("muon: 1 of 2 parameters are no matrices within the model and move by AdamW");
        }
        assertThat(half.keeps("model.embed_tokens.weight", Shape.of(9, 9))).hasSize(2);
        assertThat(half.keeps("model.layers.0.q_proj.weight", Shape.of(9, 9))).hasSize(1);
        assertThat(half.keeps("experts", Shape.of(3, 9, 9))).hasSize(2);
    }

    @Test
    void refuses_numbers_out_of_range() {
        assertThatThrownBy(() -> new Muon(1, true, 5, AdjustLr.ORIGINAL, 1, Moments.USUAL))
                .hasMessage("momentum: 1.0, expected 0 or more and below 1");
        assertThatThrownBy(() -> new Muon(0, true, 0, AdjustLr.ORIGINAL, 1, Moments.USUAL))
                .hasMessage("ns-steps: 0, expected at least 1");
    }
}
