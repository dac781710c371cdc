package dev.gradine.optim;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SequencedMap;

/// Parameters, codes and magnitudes of states of eight bits, against those of bitsandbytes.
///
/// @param states names of the states in the order of bitsandbytes' `state1`, `state2`
record GoldenCodes(List<String> states) implements GoldenSteps.Look {

    /// Two correct f32 updates differ in last bits, which turns a code where a value is in the middle of two numbers.
    private static final double TURNED = 0.002;

    @Override
    public void at(int t, SequencedMap<String, Param> params, Optimizer optimizer, Safetensors expected) {
        SequencedMap<String, Tensor> state = optimizer.state();
        params.forEach((n, p) -> {
            String what = n + "." + t;
            double[] want = Cases.doubles(expected.tensor(what).toFloats());
            Teeth.bite(p.value().toFloats(), got -> Tolerance.trained().check(what, got, want));
            for (int i = 0; i < states.size(); i++) {
                String in = states.get(i);
                Tensor codes = requireNonNull(state.get(in + ".codes." + n));
                compare(bytes(codes), bytes(expected.tensor("state" + (i + 1) + "." + what)));
                double[] absmax = Cases.doubles(
                        expected.tensor("absmax" + (i + 1) + "." + what).toFloats());
                float[] ours = requireNonNull(state.get(in + ".absmax." + n)).toFloats();
                Teeth.bite(ours, got -> new Tolerance(0, 1e-4, "twenty steps").check(in + what, got, absmax));
            }
        });
    }

    private static byte[] bytes(Tensor t) {
        return t.data().toArray(ValueLayout.JAVA_BYTE);
    }

    private static void compare(byte[] got, byte[] want) {
        assertThat(got).hasSameSizeAs(want);
        int turned = 0;
        for (int i = 0; i < got.length; i++) {
            int apart = Math.abs((got[i] & 0xff) - (want[i] & 0xff));
            assertThat(apart).as("code " + i).isLessThanOrEqualTo(1);
            turned += apart;
        }
        assertThat(turned).isLessThanOrEqualTo((int) Math.ceil(TURNED * got.length));
    }
}
