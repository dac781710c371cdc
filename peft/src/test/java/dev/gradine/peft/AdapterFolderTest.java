package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A folder that does not fit its model is refused in one line. What fits is compared in `GoldenAdapterTest`.
class AdapterFolderTest {

    private static final String A0 = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
    private static final String B0 = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight";

    @TempDir
    Path folder;

    /// A folder as we write it, for the tiny model, its tensors changed before they are written.
    private void written(Consumer<Map<String, Tensor>> change) {
        try (Kernels run = CpuKernels.open();
                Arena arena = Arena.ofConfined()) {
            AdapterSet m = AdapterSet.fresh(
                    TinyModel.of(run, false), Lora.of(2, 4), Selection.of("q_proj"), run, new SplittableRandom(1));
            AdapterFolder.save(m, folder, "", run);
            Map<String, Tensor> tensors = new TreeMap<>();
            m.trained().forEach((name, p) -> tensors.put(name, run.toHost(p.value(), arena)));
            change.accept(tensors);
            Safetensors.write(folder.resolve(AdapterFolder.WEIGHTS), tensors);
        }
    }

    /// PEFT takes no AdaLoRA without a number of steps.
    @Test
    void a_schedule_is_written_with_the_steps_of_the_run() {
        try (Kernels run = CpuKernels.open()) {
            AdapterSet m = AdapterSet.fresh(
                    TinyModel.of(run, false), AdaLora.defaults(), Selection.of("q_proj"), run, new SplittableRandom(1));
            AdapterFolder.save(m.ofRun(7), folder, "", run);
            assertThat(Json.readObject(folder.resolve(AdapterFolder.CONFIG))).containsEntry("total_step", 7);
        }
    }

    private void assertRefused(String message) {
        try (Kernels run = CpuKernels.open()) {
            assertThatThrownBy(() -> AdapterFolder.load(folder, TinyModel.of(run, false), run))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(message);
        }
    }

    private String weights() {
        return folder.resolve(AdapterFolder.WEIGHTS).toString();
    }

    @Test
    void an_unchanged_folder_is_read() {
        written(_ -> {});
        try (Kernels run = CpuKernels.open()) {
            assertThat(AdapterFolder.load(folder, TinyModel.of(run, false), run).adapters())
                    .hasSize(2);
        }
    }

    @Test
    void a_missing_tensor_is_named() {
        written(t -> t.remove(B0));
        assertRefused(weights() + ": no tensor " + B0);
    }

    @Test
    void a_tensor_left_over_is_named() {
        try (Arena arena = Arena.ofConfined()) {
            written(t -> t.put("base_model.model.score.weight", Tensor.of(arena, Shape.of(1), 1f)));
        }
        assertRefused(weights() + ": base_model.model.score.weight belongs to no adapted module of this model,"
                + " as adapter_config.json names them");
    }

    @Test
    void a_misshapen_tensor_is_named() {
        try (Arena arena = Arena.ofConfined()) {
            written(t -> t.put(A0, Tensor.of(arena, Shape.of(3, 24), new float[72])));
            assertRefused(
                    weights() + ": " + A0 + " is [3, 24], expected [2, 24]" + " (adapter_config.json and the model)");
            written(t -> t.put(B0, Tensor.of(arena, Shape.of(24), new float[24])));
            assertRefused(
                    weights() + ": " + B0 + " is [24], expected [24, 2]" + " (adapter_config.json and the model)");
        }
    }

    @Test
    void a_value_that_is_not_finite_is_refused() {
        try (Arena arena = Arena.ofConfined()) {
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                float[] values = new float[48];
                values[47] = bad;
                written(t -> t.put(A0, Tensor.of(arena, Shape.of(2, 24), values)));
                assertRefused(weights() + ": " + A0 + " has a value that is not finite");
            }
        }
    }

    @Test
    void a_tensor_of_whole_numbers_is_refused() {
        try (Arena arena = Arena.ofConfined()) {
            written(t -> t.put(A0, Tensor.of(arena, Shape.of(2, 24), new int[48])));
            assertRefused(weights() + ": " + A0 + " is I32, expected a real type");
        }
    }

    @Test
    void a_field_we_lack_is_named_with_its_file() throws IOException {
        written(_ -> {});
        Path config = folder.resolve(AdapterFolder.CONFIG);
        Files.writeString(config, Files.readString(config).replace("\"use_qalora\": false", "\"use_qalora\": true"));
        assertRefused(config + ": use_qalora is true, expected false, the only one supported");
    }

    @Test
    void a_missing_folder_is_named() {
        Path none = folder.resolve("none");
        assertThatThrownBy(() -> AdapterFolder.config(none))
                .isInstanceOf(AdapterException.class)
                .hasMessage(none + ": no such folder, expected an adapter");
    }
}
