package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `adapters combine` makes what PEFT's `add_weighted_adapter` makes.
class AdaptersCombineTest {

    private static final Map<String, String> OPTIONS =
            Map.of("density", "--density", "svd_rank", "--svd-rank", "majority_sign_method", "--majority-sign");

    @TempDir
    private Path temp = Path.of("");

    private static Path golden() {
        return Golden.golden("combine");
    }

    private Cli combine(String out, Object... more) {
        List<Object> args = new ArrayList<>(List.of("adapters", "combine", "--model", golden().resolve("base")));
        for (String name : List.of("a", "b")) {
            args.addAll(List.of("--adapter", name + "=" + golden().resolve(name)));
        }
        args.addAll(List.of("--out", temp.resolve(out)));
        args.addAll(Arrays.asList(more));
        return Cli.run(args.toArray());
    }

    @Test
    void every_golden_case_has_the_logits_of_peft() {
        Path expected = golden().resolve("expected.safetensors");
        if (!(Json.readObject(golden().resolve("expected.json")).get("cases") instanceof Map<?, ?> cases)) {
            throw new AssertionError("no cases");
        }
        assertThat(cases).isNotEmpty();
        cases.forEach((name, value) -> {
            if (!(value instanceof Map<?, ?> c) || !(c.get("weights") instanceof List<?> weights)) {
                throw new AssertionError("no weights in " + name);
            }
            List<Object> args = new ArrayList<>(List.of("--method", String.valueOf(c.get("combination_type"))));
            args.addAll(
                    List.of("--weights", weights.stream().map(String::valueOf).collect(Collectors.joining(","))));
            OPTIONS.forEach((key, option) -> {
                if (c.get(key) != null) args.addAll(List.of(option, String.valueOf(c.get(key))));
            });
            combine(String.valueOf(name), args.toArray()).ok();
            checkLogits(expected, String.valueOf(name));
        });
    }

    private void checkLogits(Path expected, String name) {
        Path out = temp.resolve("logits.safetensors");
        Cli.run(
                        "score",
                        "--model",
                        golden().resolve("base"),
                        "--adapter",
                        temp.resolve(name),
                        "--ids",
                        expected,
                        "--out",
                        out)
                .ok();
        double[] want = Values.doubles(Values.floats(expected, name + ".logits"));
        Teeth.bite(Values.floats(out, "logits"), z -> Tolerance.logits().check(name, z, want));
    }

    @Test
    void it_says_how_far_the_result_is_from_the_sum() {
        String linear = combine("linear", "--weights", "0.7,0.3", "--method", "linear")
                .ok()
                .out();
        assertThat(linear)
                .contains("linear: a LoRA of rank 6 and scale 1\n")
                .contains("linear adds A and B apart, which is not the sum of the deltas; cat and average are\n")
                .endsWith("adapter in " + temp.resolve("linear") + "\n");
        String average = combine("average", "--weights", "0.7,0.3", "--method", "average")
                .ok()
                .out();
        assertThat(average)
                .contains("average: a LoRA of rank 12 and scale 1\n")
                .containsPattern("deltas: \\d\\.\\d\\de-0[5-9] of the weighted sum away from it")
                .doesNotContain("apart");
    }

    @Test
    void dare_is_drawn_from_its_seed() {
        List<byte[]> files = new ArrayList<>();
        for (int seed : new int[] {1, 1, 2}) {
            String out = "dare" + files.size();
            combine(out, "--weights", "1,1", "--method", "dare_ties_svd", "--density", "0.5", "--seed", seed)
                    .ok();
            files.add(Values.bytes(temp.resolve(out).resolve("adapter_model.safetensors")));
        }
        assertThat(files.get(0)).isEqualTo(files.get(1)).isNotEqualTo(files.get(2));
    }

    @Test
    void mistakes_are_told_in_one_line() {
        combine("x", "--weights", "1,1", "--method", "sum")
                .refuses("--method: \"sum\", expected one of linear, cat, svd, ties, ties_svd, dare_linear, dare_ties,"
                        + " dare_linear_svd, dare_ties_svd, magnitude_prune, magnitude_prune_svd, average");
        combine("x", "--weights", "1,1", "--method", "ties")
                .refuses("combine: density is missing, expected a share of 0 to 1 (ties prunes)");
        assertThat(combine("x", "--weights", "1", "--method", "cat").err())
                .endsWith("gradine: --weights: 1 given, expected 2, one for each --adapter\n");
        assertThat(temp.resolve("x")).doesNotExist();
    }
}
