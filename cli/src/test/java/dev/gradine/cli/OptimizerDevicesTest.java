package dev.gradine.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.optim.Adafactor;
import dev.gradine.optim.AdamW;
import dev.gradine.optim.AdamW8bit;
import dev.gradine.optim.EightBit;
import dev.gradine.optim.Lion;
import dev.gradine.optim.Lion8bit;
import dev.gradine.optim.Moments;
import dev.gradine.optim.Optimizer;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every optimiser on the simulator of a GPU.
class OptimizerDevicesTest {

    private static final Map<String, Shape> SHAPES =
            new LinkedHashMap<>(Map.of("tall", Shape.of(33, 9), "wide", Shape.of(8, 40), "vector", Shape.of(7)));

    static Stream<Optimizer.Settings> optimizers() {
        var momentum = new Adafactor(new Adafactor.Steps(true, true, true, 1e-3), 1e-30, 1, -0.8, 0.9);
        return Stream.concat(
                Optimizer.Settings.all().stream(),
                Stream.of(
                        new AdamW8bit(Moments.USUAL, new EightBit.Codes(0)),
                        new Lion8bit(Lion.defaults(), new EightBit.Codes(0)),
                        new AdamW(Moments.USUAL, true),
                        momentum));
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void three_steps_on_sim_are_those_on_cpu(Optimizer.Settings settings) {
        Map<String, float[]> cpu = steps(settings, CpuKernels.open());
        Map<String, float[]> sim = steps(settings, CudaKernels.open(new Simulator()));
        assertThat(sim.keySet()).containsAll(SHAPES.keySet());
        cpu.forEach((name, expected) -> {
            double[] want = Cases.doubles(expected);
            Teeth.bite(requireNonNull(sim.get(name)), got -> Tolerance.trained().check(name, got, want));
        });
    }

    private static Map<String, float[]> steps(Optimizer.Settings settings, Kernels run) {
        try (run) {
            SequencedMap<String, Param> params = new LinkedHashMap<>();
            SHAPES.forEach((name, shape) ->
                    params.put(name, Param.trained(name, run.of(shape, Cases.plain(1, shape.size(), 2)), run)));
            Optimizer optimizer = settings.over(List.of(new Group(params, 1, 0.1)), run);
            for (int t = 1; t <= 3; t++) {
                int seed = t;
                params.values()
                        .forEach(p -> run.upload(Cases.plain(seed, p.grad().size(), 1), p.grad()));
                optimizer.step(t, 0.02, 0.5);
            }
            Map<String, float[]> values = new LinkedHashMap<>();
            params.forEach((name, p) -> values.put(name, run.download(p.value())));
            return values;
        }
    }
}
