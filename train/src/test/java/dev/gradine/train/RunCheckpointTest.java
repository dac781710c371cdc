package dev.gradine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.CheckpointException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCheckpointTest {

    @TempDir
    private Path out = Path.of("");

    private final Kernels run = CpuKernels.open();
    private final Map<String, Object> settings = new LinkedHashMap<>();

    @BeforeEach
    void save() {
        settings.put("rank", 8);
        settings.put("lr", 1e-3);
        settings.put("gemm", "own");
        settings.put("alpha-pattern", Map.of("q_proj", 4.0));
        settings.put("layers", List.of(0, 1));
        var state = Map.of("param.w", run.of(Shape.of(2), 1, -0f), "m.w", run.of(Shape.of(2), 3, Float.MIN_VALUE));
        RunCheckpoint.save(out, state, new RunCheckpoint.Progress(3, 12.5, Map.copyOf(settings), _ -> {}), run, 1);
    }

    @AfterEach
    void close() {
        run.close();
    }

    @Test
    void tensors_and_counts_come_back_to_the_bit() {
        RunCheckpoint c = RunCheckpoint.latest(out);
        assertThat(c.step()).isEqualTo(3);
        assertThat(c.work()).isEqualTo(12.5);
        Tensor w = run.zeros(Shape.of(2));
        Tensor m = run.zeros(Shape.of(2));
        c.restore(Map.of("param.w", w, "m.w", m), run);
        assertThat(run.download(w)).containsExactly(1, -0f);
        assertThat(run.download(m)).containsExactly(3, Float.MIN_VALUE);
        assertThatThrownBy(() -> c.restore(Map.of("m.w", run.zeros(Shape.of(3))), run))
                .isInstanceOf(ShapeException.class)
                .hasMessageEndingWith("state.safetensors: m.w: shape is [2], expected [3] (the model)");
    }

    @Test
    void the_same_settings_pass() {
        assertThatCode(() -> RunCheckpoint.latest(out).requireSettings(settings, Set.of()))
                .doesNotThrowAnyException();
    }

    private void refused(String message) {
        assertThatThrownBy(() -> RunCheckpoint.latest(out).requireSettings(settings, Set.of()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(out + "/checkpoints/step-00000003: " + message + " as in the run it resumes");
    }

    @Test
    void another_library_for_products_is_refused() {
        settings.put("gemm", "cublas");
        refused("gemm is cublas, expected own");
    }

    @Test
    void a_setting_that_only_one_of_the_two_has_is_refused() {
        settings.put("dropout", 0.1);
        refused("dropout is 0.1, expected not given");
        settings.remove("dropout");
        settings.remove("alpha-pattern");
        refused("alpha-pattern is not given, expected {q_proj=4.0}");
    }
}
