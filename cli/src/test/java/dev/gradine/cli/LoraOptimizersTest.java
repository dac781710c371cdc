package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs whose optimiser knows the factors of a LoRA apart: LoRA+ and LoRA-FA.
class LoraOptimizersTest {

    @TempDir
    private Path temp = Path.of("");

    private TinyRuns runs = new TinyRuns(temp);

    @BeforeEach
    void prepare() {
        runs = TinyRuns.on(temp, 13, 12);
    }

    private Cli sft(String out, Object... more) {
        return runs.sft(out, TinyRuns.join(new Object[] {"--batch", 3}, more));
    }

    /// B begins as zero, so that what it is after one step is that step.
    @Test
    void the_first_step_of_b_is_as_many_times_as_long() {
        Object[] how = {"--steps", 1, "--lr", 0.5, "--clip", 0, "--optimizer", "sgd"};
        sft("plain", how).ok();
        sft("plus", "--loraplus-lr-ratio", 4, "--steps", 1, "--lr", 0.5, "--clip", 0, "--optimizer", "sgd")
                .ok();
        Map<String, float[]> plus = runs.adapter("plus");
        runs.adapter("plain").forEach((name, values) -> {
            float[] other = plus.getOrDefault(name, new float[0]);
            int factor = name.contains("lora_B") ? 4 : 1;
            for (int i = 0; i < values.length; i++) {
                assertThat(other[i]).as(name).isEqualTo(factor * values[i], within(1e-6f));
            }
        });
    }

    @Test
    void lora_fa_leaves_a_as_it_began_and_counts_b_alone() {
        sft("start", "--steps", 1, "--lr", 0).ok();
        String out = sft("end", "--steps", 3, "--lr", 0.01, "--optimizer", "lora-fa", "--weight-decay", 0.1)
                .ok()
                .out();
        Map<String, float[]> end = runs.adapter("end");
        runs.adapter("start").forEach((name, values) -> {
            if (name.contains("lora_A")) assertThat(end.get(name)).as(name).isEqualTo(values);
            else assertThat(end.get(name)).as(name).isNotEqualTo(values);
        });
        long ofB = end.entrySet().stream()
                .filter(e -> e.getKey().contains("lora_B"))
                .mapToLong(e -> e.getValue().length)
                .sum();
        assertThat(out).contains("%,d of ".formatted(ofB));
    }

    @Test
    void adapters_without_the_factors_are_refused() {
        Cli plus = sft("run", "--adapter", "loha", "--loraplus-lr-ratio", 4);
        assertThat(plus.code()).isEqualTo(2);
        assertThat(plus.err())
                .endsWith("gradine: loraplus-lr-ratio: 4.0, expected an adapter with the factors of a LoRA\n");
        Cli fa = sft("other", "--adapter", "loha", "--optimizer", "lora-fa");
        assertThat(fa.code()).isEqualTo(2);
        assertThat(fa.err())
                .endsWith("gradine: lora-fa: the adapter is loha, expected one with the factors of a LoRA\n");
    }
}
