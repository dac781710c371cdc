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
///
/// `simpo` is not among them: one of its 25,000 parameters has a gradient as small as Adam's ε, where the last bit
/// decides the step.
class GoldenTrlTest {

    /// Sums of the 24 or so log-probabilities of an answer, each as good as a loss; rewards are β times differences of
    /// them, and a divergence is such a difference whole.
    private static final Tolerance METRIC = new Tolerance(1e-5, 1e-5, "two correct fp32 losses, relative beyond 1");

    /// Gradients agree to 1e-4 of the largest entry, and so does their norm.
    private static final Tolerance NORM = new Tolerance(0, 1e-4, "two correct fp32 gradients");

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @CsvSource({
        "sft, sft, ''",
        "sft, sft-completion-only, ''",
        "sft, sft-assistant-only, --loss-on assistant",
        "sft, sft-dft, --loss dft",
        "sft, sft-packed, --packing --max-length 256",
        "sft, sft-wrapped, --packing --packing-strategy wrapped --max-length 96",
        "dpo, dpo, ''",
        "dpo, dpo-alpha, --divergence alpha_divergence --divergence-alpha 0.5",
        "dpo, dpo-aot, --loss aot",
        "dpo, dpo-aot-unpaired, --loss aot_unpaired --label-smoothing 0.1",
        "dpo, dpo-apo-down, --loss apo_down",
        "dpo, dpo-apo-zero, --loss apo_zero",
        "dpo, dpo-bco-pair, --loss bco_pair",
        "dpo, dpo-discopop, --loss discopop --beta 0.05",
        "dpo, dpo-exo, --loss exo_pair --label-smoothing 0.001",
        "dpo, dpo-forward-kl, --divergence forward_kl",
        "dpo, dpo-hinge, --loss hinge --beta 0.2",
        "dpo, dpo-ipo, --loss ipo",
        "dpo, dpo-ipo-js, --loss ipo --beta 0.5 --divergence js_divergence",
        "dpo, dpo-js, --divergence js_divergence",
        "dpo, dpo-ld, --length-alpha 0.4",
        "dpo, dpo-mpo, --loss sigmoid;bco_pair;sft --loss-weights 0.8;0.2;1",
        "dpo, dpo-nca, --loss nca_pair",
        "dpo, dpo-norm, --loss sigmoid_norm --beta 2",
        "dpo, dpo-robust, --loss robust --label-smoothing 0.2",
        "dpo, dpo-sppo, --loss sppo_hard",
        "dpo, dpo-wpo, --weighted",
        "orpo, orpo, ''",
        "cpo, cpo, ''",
        "cpo, cpo-ipo, --loss ipo --sft-weight 0.5",
        "cpo, cpo-smoothed, --label-smoothing 0.1",
        "alphapo, alphapo, --beta 2 --gamma 0.3 --alpha 0.25",
        "tpo, tpo, --beta 0.1 --sft-weight 0.5",
        "reward, reward, --center 0.01",
        "reward, reward-plain, ''",
        "bco, bco, ''",
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
        args.addAll(List.of("--clip", 1, "--no-shuffle", "--samples", 0));
        if (!options.contains("--max-length")) args.addAll(List.of("--max-length", 512));
        if (!options.isEmpty()) args.addAll(List.of(options.replace(';', ',').split(" ", -1)));
        Cli.run(args.toArray()).ok();
        List<Map<String, Object>> want = Values.jsonLines(folder.resolve("steps.jsonl"));
        List<Map<String, Object>> got = Values.metrics(out);
        assertThat(got).hasSameSizeAs(want);
        for (String metric : want.getFirst().keySet()) {
            if (!isOverPadding(command, metric)) check(metric, beta(options), got, want);
        }
        checkAdapter(folder.resolve("end/adapter_model.safetensors"), out.resolve("adapter_model.safetensors"));
    }

    /// These trainers of TRL average logits over prompt and padding, too.
    private static boolean isOverPadding(String command, String metric) {
        return Set.of("cpo", "orpo", "alphapo").contains(command) && metric.startsWith("logits/");
    }

    /// β of the options, or its default.
    private static double beta(String options) {
        List<String> words = List.of(options.split(" ", -1));
        int at = words.indexOf("--beta");
        return at < 0 ? 0.1 : Double.parseDouble(words.get(at + 1));
    }

    private static void check(
            String metric, double beta, List<Map<String, Object>> got, List<Map<String, Object>> want) {
        float[] values = new float[got.size()];
        double[] expected = new double[want.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Values.number(got.get(i), metric);
            expected[i] = Values.number(want.get(i), metric);
        }
        Tolerance t = tolerance(metric, beta);
        boolean mayBeZero = Set.of("rewards/accuracies", "mean_token_accuracy", "kl", "nll_loss")
                .contains(metric);
        if (mayBeZero && allZero(expected)) {
            t.check(metric, values, expected); // nothing to bite
        } else {
            Teeth.bite(values, x -> t.check(metric, x, expected));
        }
    }

    private static Tolerance tolerance(String metric, double beta) {
        if (metric.equals("grad_norm")) return NORM;
        if (metric.equals("kl")) return METRIC.times(10);
        return metric.startsWith("rewards/") ? METRIC.times(Math.max(1, 10 * beta)) : METRIC;
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
