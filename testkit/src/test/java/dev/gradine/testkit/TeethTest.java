package dev.gradine.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TeethTest {

    private static final float[] RESULT = {1, -2, 3};

    @Test
    void a_tight_check_has_teeth() {
        Teeth.bite(RESULT, got -> Tolerance.elementwise(2).check("x", got, Cases.doubles(RESULT)));
    }

    @Test
    void a_loose_check_is_refused() {
        assertThatThrownBy(() -> Teeth.bite(
                        RESULT, got -> new Tolerance(0, 0.02, "loose").check("x", got, new double[] {1, -2, 3})))
                .hasMessage("teeth: the check passes in spite of a 1 % error");
    }

    @Test
    void a_check_blind_to_signs_is_refused() {
        assertThatThrownBy(() -> Teeth.bite(RESULT, got -> {
                    for (int i = 0; i < 3; i++) assertThat(Math.abs(got[i])).isEqualTo(Math.abs(RESULT[i]));
                }))
                .hasMessage("teeth: the check passes in spite of a flipped sign");
    }

    @Test
    void a_result_of_zeros_is_refused() {
        assertThatThrownBy(() -> Teeth.bite(new float[2], _ -> {}))
                .hasMessageContaining("passes in spite of a 1 % error");
    }
}
