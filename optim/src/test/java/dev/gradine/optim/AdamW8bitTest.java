package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.kernel.BlockCodesKernel.CodeMap;
import dev.gradine.testkit.Golden;
import java.lang.foreign.Arena;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Oracle: the golden values.
class AdamW8bitTest implements OptimizerContract {

    @Override
    public Optimizer.Settings settings() {
        return new AdamW8bit(Moments.USUAL, new EightBit.Codes(0));
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Test
    void twenty_steps_have_the_codes_of_bitsandbytes() {
        GoldenSteps.run(settings(), "adamw8bit", 0.01, 0.01, new GoldenCodes(List.of("m", "v")));
    }

    @Test
    void a_value_takes_two_bytes_and_a_block_eight() {
        assertThat(settings().stateBytes("p", Shape.of(10, 100))).isEqualTo(2 * 1000 + 8 * 4);
    }

    @Test
    void small_parameters_keep_f32_and_a_line_says_so() {
        AdamW8bit some = new AdamW8bit(Moments.USUAL, new EightBit.Codes(20));
        try (Vectors v = new Vectors(some, 0)) {
            assertThat(v.stateValues().keySet())
                    .contains("m.matrix", "v.matrix", "m.codes.vector", "m.absmax.vector")
                    .doesNotContain("m.codes.matrix", "m.vector");
            assertThat(some.notes(v.groups()))
                    .containsExactly("adamw-8bit: 1 of 2 parameters have fewer than 20 values and keep f32 states");
            assertThat(settings().notes(v.groups())).isEmpty();
        }
    }

    @Test
    void the_maps_are_those_of_bitsandbytes_to_the_bit() {
        try (Arena arena = Arena.ofShared()) {
            Safetensors golden = Safetensors.open(Golden.golden("optim").resolve("adamw8bit.safetensors"), arena);
            assertThat(CodeMap.SIGNED.table())
                    .containsExactly(golden.tensor("qmap.signed").toFloats());
            assertThat(CodeMap.UNSIGNED.table())
                    .containsExactly(golden.tensor("qmap.unsigned").toFloats());
        }
    }
}
