package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.cuda.kernels.device.SimDevice;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What every adapter method computes, merges to and learns over a base of every type is on the simulator, by the
/// kernels of a GPU, what it is on the CPU.
class SimulatedMethodsTest {

    private static final Kernels CPU = CpuKernels.open();
    private static final Kernels SIM = new SimDevice().open();

    @AfterAll
    static void close() {
        SIM.close();
        CPU.close();
    }

    static Stream<Arguments> cases() {
        return Stream.of(FrozenType.values()).flatMap(t -> MethodExamples.all().map(m -> Arguments.of(t, m)));
    }

    private static AdapterSet moved(Method method, Places places, Kernels run) {
        AdapterSet set =
                AdapterSet.fresh(places, method, MethodExamples.everywhere(method), run, new SplittableRandom(1));
        TinyModel.perturb(set, run);
        return set;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void the_simulator_computes_what_the_cpu_does(FrozenType type, Method method) {
        Places here = Places.of(CPU, type);
        Places there = Places.of(SIM, type);
        AdapterSet expected = moved(method, here, CPU);
        AdapterSet set = moved(method, there, SIM);
        check("output", there.output(set, SIM), here.output(expected, CPU));
        if (method.merges()) {
            check("merged", there.output(set.merged(SIM), SIM), here.output(expected.merged(CPU), CPU));
        }
        here.backward(expected, CPU);
        there.backward(set, SIM);
        List<Param> params = expected.params();
        List<Param> same = set.params();
        assertThat(same)
                .extracting(Param::name)
                .isEqualTo(params.stream().map(Param::name).toList());
        for (int i = 0; i < params.size(); i++) {
            check(
                    params.get(i).name(),
                    SIM.download(same.get(i).grad()),
                    CPU.download(params.get(i).grad()));
        }
    }

    /// Two correct f32 results, in units of the largest value.
    private static void check(String what, float[] got, float[] expected) {
        float largest = 0;
        for (float x : expected) largest = Math.max(largest, Math.abs(x));
        Tolerance tolerance = Tolerance.gradient(largest);
        Teeth.bite(got, x -> tolerance.check(what, x, Cases.doubles(expected)));
    }
}
