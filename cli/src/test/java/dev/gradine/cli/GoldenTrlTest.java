package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Six steps of TRL's trainers, from text to adapter: every metric it logs and what it has learnt in the end.
class GoldenTrlTest {

    /// Sums of the 24 or so log-probabilities of an answer, each as good as a loss; rewards are a tenth of differences
    /// of them, and a divergence is such a difference whole.
    private static final Tolerance METRIC = new Tolerance(1e-5, 1e-5, "two correct fp32 losses, relative beyond 1");

    /// Gradients agree to 1e-4 of the largest entry, and so does their norm.
    private static final Tolerance NORM = new Tolerance(0, 1e-4, "two correct fp32 gradients");

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @CsvSource({
        "sft, sft, ''",
        "sft, sft-completion-only, ''",
        "dpo, dpo, ''",
        "orpo, orpo, ''",
        "kto, kto, ''",
        "kto, kto-apo, --loss apo_zero_unpaired",
        "kto, kto-weighted, --beta 0.2 --desirable-weight 3"
    })
    void six_steps_are_those_of_trl(String command, String name, String options) {
        Path folder = Golden.golden("trl/" + name);
        Path out = temp.resolve("run");
        List<Object> args = new ArrayList<>(List.of(command, "--model", Golden.golden("trl/base")));
        args.addAll(List.of("--data", folder.resolve("data.jsonl"), "--init-adapter", folder.resolve("start")));
        args.addAll(List.of("--out", out, "--steps", 6, "--batch", 4, "--lr", 0.005, "--schedule", "constant"));
        args.addAll(List.of("--clip", 1, "--max-length", 512, "--no-shuffle", "--samples", 0));
        if (!options.isEmpty()) args.addAll(List.of(options.split(" ", -1)));
        Cli.run(args.toArray()).ok();
        List<Map<String, Object>> want = Values.jsonLines(folder.resolve("steps.jsonl"));
        List<Map<String, Object>> got = Values.metrics(out);
        assertThat(got).hasSameSizeAs(want);
        for (String metric : want.getFirst().keySet()) {
            if (!isOverPadding(command, metric)) check(metric, got, want);
        }
        checkAdapter(folder.resolve("end/adapter_model.safetensors"), out.resolve("adapter_model.safetensors"));
    }

    /// These trainers of TRL average logits over prompt and padding, too.
    private static boolean isOverPadding(String command, String metric) {
        return Set.of("cpo", "orpo").contains(command) && metric.startsWith("logits/");
    }

    private static void check(String metric, List<Map<String, Object>> got, List<Map<String, Object>> want) {
        float[] values = new float[got.size()];
        double[] expected = new double[want.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Values.number(got.get(i), metric);
            expected[i] = Values.number(want.get(i), metric);
        }
        Tolerance t = metric.equals("grad_norm") ? NORM : metric.equals("kl") ? METRIC.times(10) : METRIC;
        if (Set.of("rewards/accuracies", "mean_token_accuracy", "kl").contains(metric) && allZero(expected)) {
            t.check(metric, values, expected); // nothing to bite
        } else {
            Teeth.bite(values, x -> t.check(metric, x, expected));
        }
    }

    private static boolean allZero(double[] x) {
        for (double v : x) if (v != 0) return false;
        return true;
    }

    static void checkAdapter(Path expected, Path adapter) {
        Map<String, float[]> got = Values.floats(adapter);
        Map<String, float[]> want = Values.floats(expected);
        assertThat(got.keySet()).containsExactlyInAnyOrderElementsOf(want.keySet());
        want.forEach((name, values) -> Teeth.bite(
                got.getOrDefault(name, new float[0]), x -> Tolerance.trained().check(name, x, Values.doubles(values))));
    }
}
