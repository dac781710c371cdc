package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whole training steps through the kernels of the GPU, on the simulator: what the CPU computes from
/// the same start. In bf16, and for every objective, `EveryObjectiveTest` has a smaller model take one.
class SimStepTest {

    private static final int STEPS = 1;

    /// Two correct f32 losses and gradients.
    private static final Tolerance METRIC = new Tolerance(1e-5, 1e-4, "two correct fp32 gradients");

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @CsvSource({
        "sft, sft-completion-only, ''",
        "sft, sft-completion-only, --label-smoothing 0.1 --neftune-alpha 5",
        "dpo, dpo, ''",
        "dpo, dpo-wpo, --weighted --length-alpha 0.5",
        "dpo, dpo-aot, --loss aot",
        "cpo, cpo-ipo, --loss ipo",
        "kto, kto-apo, --loss apo_zero_unpaired",
        "bco, bco, ''"
    })
    void steps_on_the_simulator_are_those_of_the_cpu(String command, String name, String options) {
        Path folder = Golden.golden("trl/" + name);
        String[] more = options.isEmpty() ? new String[0] : options.split(" ", -1);
        Path sim = train(command, folder, "sim", more);
        Path cpu = train(command, folder, "cpu", more);
        List<Map<String, Object>> got = Values.metrics(sim);
        List<Map<String, Object>> want = Values.metrics(cpu);
        assertThat(got).hasSize(STEPS);
        for (String metric : List.of("loss", "grad_norm")) {
            double[] expected = numbers(want, metric);
            float[] values = new float[STEPS];
            for (int i = 0; i < STEPS; i++) values[i] = (float) Values.number(got.get(i), metric);
            Teeth.bite(values, x -> METRIC.check(metric, x, expected));
        }
        Map<String, float[]> learnt = adapter(sim);
        requireSame(learnt, adapter(cpu));
        assertThatThrownBy(() -> requireSame(adapter(folder.resolve("start")), adapter(cpu)))
                .as("the adapter has moved further than the tolerance")
                .isInstanceOf(AssertionError.class);
    }

    private static double[] numbers(List<Map<String, Object>> lines, String metric) {
        return lines.stream().mapToDouble(l -> Values.number(l, metric)).toArray();
    }

    private static Map<String, float[]> adapter(Path folder) {
        return Values.floats(folder.resolve("adapter_model.safetensors"));
    }

    private static void requireSame(Map<String, float[]> got, Map<String, float[]> want) {
        assertThat(got.keySet()).containsExactlyInAnyOrderElementsOf(want.keySet());
        want.forEach((name, values) ->
                Tolerance.trained().check(name, got.getOrDefault(name, new float[0]), Values.doubles(values)));
    }

    private Path train(String command, Path folder, String device, String... more) {
        Path out = temp.resolve(device);
        List<Object> args = new ArrayList<>(List.of(command, "--model", Golden.golden("trl/base"), "--out", out));
        args.addAll(List.of("--data", folder.resolve("data.jsonl"), "--init-adapter", folder.resolve("start")));
        args.addAll(List.of("--steps", STEPS, "--batch", 1, "--lr", 0.005, "--schedule", "constant"));
        args.addAll(List.of("--no-shuffle", "--samples", 0, "--device", device));
        args.addAll(List.of(more));
        Cli.run(args.toArray()).ok();
        return out;
    }
}
