package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Six steps of TRL's trainers that learn from rewards, on answers given: every metric and the adapter in the end.
class GoldenGroupsTest {

    private static final Tolerance METRIC = new Tolerance(1e-5, 1e-5, "two correct fp32 losses, relative beyond 1");

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @CsvSource({
        "grpo, grpo, 0.005, --loss grpo",
        "grpo, grpo-bnpo, 0.005, --loss bnpo --scale-rewards batch",
        "grpo, grpo-dapo, 0.005, --loss dapo",
        "grpo, grpo-dr, 0.005, --loss dr_grpo --scale-rewards none",
        "grpo, grpo-kl, 0.005, --loss grpo --beta 0.04",
        "grpo, grpo-clip, 0.02, --loss grpo --iterations 2 --epsilon 0.05 --epsilon-high 0.08",
        "grpo, grpo-cispo, 0.02, --loss cispo --iterations 2 --epsilon-high 1.05",
        "grpo, grpo-sapo, 0.02, --loss sapo --iterations 2",
        "grpo, grpo-sequence, 0.02, --loss grpo --iterations 2 --epsilon 0.02 --ratio sequence",
        "rloo, rloo, 0.005, --beta 0.05",
        "rloo, rloo-plain, 0.005, --beta 0 --normalize-advantages"
    })
    void six_steps_are_those_of_trl(String command, String name, double lr, String options) {
        Path folder = Golden.golden("trl/" + name);
        Path out = run(command, folder, lr, 8, 1, options);
        compare(folder, out);
    }

    @ParameterizedTest
    @CsvSource({"distillation, --beta 1", "distillation-jsd, --beta 0.3 --temperature 2", "gkd, --beta 0.5"})
    void six_steps_of_distillation_are_those_of_trl(String name, String options) {
        Path folder = Golden.golden("trl/" + name);
        Path out = temp.resolve("run");
        List<Object> args = arguments("distill", folder, out, 4, options + " --max-completion 64 --lr 0.005");
        args.addAll(List.of("--teacher", Golden.golden("trl/teacher")));
        Cli.run(args.toArray()).ok();
        compare(folder, out);
    }

    private static void compare(Path folder, Path out) {
        List<Map<String, Object>> want = Values.jsonLines(folder.resolve("steps.jsonl"));
        List<Map<String, Object>> got = Values.metrics(out);
        assertThat(got).hasSameSizeAs(want);
        for (String metric : want.getFirst().keySet()) {
            if (want.stream().allMatch(step -> step.containsKey(metric))) check(metric, got, want);
        }
        GoldenTrlTest.checkAdapter(
                folder.resolve("end/adapter_model.safetensors"), out.resolve("adapter_model.safetensors"));
    }

    private static List<Object> arguments(String command, Path folder, Path out, int batch, String options) {
        List<Object> args = new ArrayList<>(List.of(command, "--model", Golden.golden("trl/base")));
        args.addAll(List.of("--data", folder.resolve("data.jsonl"), "--init-adapter", folder.resolve("start")));
        args.addAll(List.of("--out", out, "--steps", 6, "--batch", batch, "--schedule", "constant"));
        args.addAll(List.of("--clip", 1, "--max-length", 512, "--no-shuffle", "--samples", 0));
        args.addAll(List.of(options.split(" ", -1)));
        return args;
    }

    private Path run(String command, Path folder, double lr, int batch, int accumulate, String options) {
        Path out = temp.resolve("run-" + batch);
        List<Object> args = arguments(command, folder, out, batch, options);
        args.addAll(List.of("--lr", lr, "--accumulate", accumulate, "--group", 4, "--max-completion", 64));
        Cli.run(args.toArray()).ok();
        return out;
    }

    private static void check(String metric, List<Map<String, Object>> got, List<Map<String, Object>> want) {
        float[] values = new float[got.size()];
        double[] expected = new double[want.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Values.number(got.get(i), metric);
            expected[i] = Values.number(want.get(i), metric);
        }
        boolean small = Arrays.stream(expected).allMatch(x -> Math.abs(x) < 1e-3); // near zero nothing bites
        if (small) METRIC.check(metric, values, expected);
        else Teeth.bite(values, x -> METRIC.check(metric, x, expected));
    }

    @ParameterizedTest
    @CsvSource({"dapo, 0", "grpo, 0.04"})
    void micro_batches_that_cut_groups_change_nothing(String loss, double beta) {
        Path folder = Golden.golden("trl/grpo");
        String options = "--loss %s --beta %s --iterations 2 --scale-rewards batch".formatted(loss, beta);
        List<Map<String, Object>> whole = Values.metrics(run("grpo", folder, 0.005, 8, 1, options));
        List<Map<String, Object>> parts = Values.metrics(run("grpo", folder, 0.005, 2, 4, options));
        for (String metric : List.of("loss", "grad_norm", "entropy", "reward_std", "clip_ratio/low_mean")) {
            check(metric, parts, whole);
        }
    }
}
