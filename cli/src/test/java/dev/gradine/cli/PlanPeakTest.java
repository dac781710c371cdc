package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.testkit.Golden;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is planned for a real model of 135 million parameters is what a process of its own needs, within a tenth.
@Tag("slow")
class PlanPeakTest {

    @TempDir
    private Path temp = Path.of("");

    private static Path model() {
        Path weights = Golden.shared(Golden.SMOLLM2 + "/" + Golden.SMOLLM2_GGUF);
        return weights.resolveSibling("").normalize();
    }

    @ParameterizedTest
    @CsvSource({"4,256,", "1,512,--gradient-checkpointing"})
    void the_sum_of_a_plan_is_the_peak_of_the_process(int batch, int length, @Nullable String more) {
        List<Object> shared = new ArrayList<>(List.of("--model", model(), "--batch", batch, "--rank", 16));
        if (more != null) shared.add(more);
        Path data = TinyModel.tokenRows(temp.resolve("data.jsonl"), 8, length, 1);
        List<Object> run = new ArrayList<>(List.of("sft", "--data", data, "--out", temp.resolve("out")));
        run.addAll(shared);
        run.addAll(List.of("--steps", 2, "--samples", 0));
        try (Child child = Child.start(temp, run.toArray())) {
            assertThat(child.code()).isZero();
        }
        double measured = peak(Json.readObject(temp.resolve("out/run.json")));
        List<Object> plan = new ArrayList<>(List.of("plan", "--json", "--length", length));
        plan.addAll(shared);
        byte[] told = Cli.run(plan.toArray()).ok().out().getBytes(StandardCharsets.UTF_8);
        Object bytes = Json.parseObject("plan", told).get("memory_bytes");
        double planned = bytes instanceof Number n ? n.doubleValue() / (1 << 20) : Double.NaN;
        assertThat(planned).isCloseTo(measured, Percentage.withPercentage(10));
    }

    private static double peak(Map<String, Object> run) {
        Object mb = run.get("memory") instanceof Map<?, ?> memory ? memory.get("peakMb") : null;
        return mb instanceof Number n ? n.doubleValue() : Double.NaN;
    }
}
