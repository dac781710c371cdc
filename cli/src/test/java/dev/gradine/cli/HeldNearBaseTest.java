package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `sft --kl-to-base` holds what a model says near what it says without adapter.
class HeldNearBaseTest {

    private static final int ROWS = 4;
    private static final int LENGTH = 12;

    @TempDir
    private Path temp = Path.of("");

    private Path ids = Path.of("");
    private TinyRuns runs = new TinyRuns(temp);

    @BeforeEach
    void prepare() {
        runs = TinyRuns.on(temp, ROWS, LENGTH);
        int[] flat = Values.jsonLines(temp.resolve("data.jsonl")).stream()
                .flatMap(row -> ((List<?>) row.getOrDefault("input_ids", List.of())).stream())
                .mapToInt(id -> ((Number) id).intValue())
                .toArray();
        ids = temp.resolve("ids.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Safetensors.write(ids, Map.of("input_ids", Tensor.of(arena, Shape.of(ROWS, LENGTH), flat)));
        }
    }

    private Path trained(String out, int steps, Object... more) {
        Object[] how = {"--steps", steps, "--batch", ROWS, "--rank", 4, "--lr", 0.02, "--schedule", "constant"};
        runs.sft(out, TinyRuns.join(how, more)).ok();
        return temp.resolve(out);
    }

    /// Of `score`, whose logits are those of transformers and PEFT.
    private float[] logits(Object... more) {
        Path out = temp.resolve("logits.safetensors");
        List<Object> all = new ArrayList<>(List.of("score", "--model", temp.resolve("model"), "--ids", ids));
        all.addAll(Arrays.asList(more));
        all.addAll(List.of("--out", out));
        Cli.run(all.toArray()).ok();
        return Values.floats(out, "logits");
    }

    /// KL(policy ‖ base) a token, over the whole vocabulary, at all positions that predict one.
    private double divergence(Path adapter) {
        float[] policy = logits("--adapter", adapter);
        float[] base = logits();
        double sum = 0;
        for (int row = 0; row < ROWS * LENGTH; row++) {
            if (row % LENGTH == LENGTH - 1) continue;
            double[] p = logProbs(policy, row);
            double[] q = logProbs(base, row);
            for (int i = 0; i < p.length; i++) sum += Math.exp(p[i]) * (p[i] - q[i]);
        }
        return sum / (ROWS * (LENGTH - 1));
    }

    private static double[] logProbs(float[] logits, int row) {
        double[] z = new double[TinyModel.VOCAB];
        for (int i = 0; i < z.length; i++) z[i] = logits[row * z.length + i];
        double sum = 0;
        for (double x : z) sum += Math.exp(x);
        for (int i = 0; i < z.length; i++) z[i] -= Math.log(sum);
        return z;
    }

    private static byte[] weights(Path run) {
        return Values.bytes(run.resolve("adapter_model.safetensors"));
    }

    @Test
    void a_large_weight_keeps_the_policy_near_and_it_still_learns() {
        Path free = trained("free", 20);
        Path near = trained("near", 20, "--kl-to-base", 3);
        assertThat(divergence(near)).isPositive().isLessThan(0.5 * divergence(free));
        List<Map<String, Object>> steps = Values.metrics(near);
        assertThat(Values.number(steps.getLast(), "loss")).isLessThan(Values.number(steps.getFirst(), "loss"));
    }

    /// Before the first step the adapter changes nothing; after it the metric is the divergence of the step before.
    @Test
    void the_divergence_is_logged_as_it_is() {
        Path one = trained("one", 1, "--kl-to-base", 0.5);
        List<Map<String, Object>> steps = Values.metrics(trained("two", 2, "--kl-to-base", 0.5));
        assertThat(Values.number(steps.get(0), "kl_to_base")).isZero();
        double expected = divergence(one);
        assertThat(Values.number(steps.get(1), "kl_to_base")).isCloseTo(expected, within(1e-4 * expected));
    }

    @Test
    void the_option_alone_changes_what_is_learnt_and_a_weight_of_0_nothing() {
        byte[] without = weights(trained("without", 5));
        assertThat(weights(trained("none", 5, "--kl-to-base", 0))).isEqualTo(without);
        assertThat(weights(trained("some", 5, "--kl-to-base", 0.01))).isNotEqualTo(without);
    }
}
