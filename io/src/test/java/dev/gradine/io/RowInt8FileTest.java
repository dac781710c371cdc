package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.cpu.RowInt8;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Weights of eight bits with a scale a row: codes, files and decoded values are bitsandbytes'.
class RowInt8FileTest {

    private static final String M = "model.q_proj";

    private final Arena arena = Arena.ofShared();
    private final Kernels k = CpuKernels.open();

    @TempDir
    private Path folder = Path.of("");

    @AfterEach
    void free() {
        k.close();
        arena.close();
    }

    private Safetensors golden() {
        return Safetensors.open(Golden.golden("quant/int8.safetensors"), arena);
    }

    private static byte[] bytes(Tensor t) {
        return t.data().toArray(ValueLayout.JAVA_BYTE);
    }

    /// Among them a row of zeros, an outlier, rows that are no whole vectors, and values that f16 rounds to nearly
    /// nothing.
    @ParameterizedTest
    @ValueSource(strings = {"normal", "ragged", "zeros", "bf16"})
    void codes_and_magnitudes_are_bitsandbytes_to_the_last_bit(String key) {
        Safetensors f = golden();
        Tensor q = RowInt8.quantise(f.tensor(key + ".weight"), arena);
        assertThat(bytes(q)).isEqualTo(bytes(f.tensor(key + ".CB")));
        assertThat(bytes(q.scales().magnitudes())).isEqualTo(bytes(f.tensor(key + ".SCB")));
        double[] expected = Cases.doubles(k.download(f.tensor(key + ".dequantised")));
        Teeth.bite(k.download(q), x -> Tolerance.elementwise(2).check("decoded", x, expected));
    }

    @Test
    void a_layer_that_bitsandbytes_saved_is_read_and_written_as_it_lies() {
        Safetensors f = golden();
        BitsAndBytes file = BitsAndBytes.of(f);
        Map<String, StoredName> names = StoredName.same(f);
        file.rename(names);
        assertThat(names.keySet().stream().filter(n -> n.startsWith("linear8bit.")))
                .containsExactlyInAnyOrder("linear8bit.state.weight", "linear8bit.state.bias");
        Tensor w = file.tensor("linear8bit.state.weight");
        assertThat(w).hasToString("INT8[24, 64]");
        for (TensorSource part : BitsAndBytesParts.of("linear8bit.state.weight", w, DType.F32)) {
            Tensor want = f.tensor(part.name());
            assertThat(part.dtype()).as(part.name()).isEqualTo(want.dtype());
            assertThat(part.shape()).as(part.name()).isEqualTo(want.shape());
            assertThat(bytes(part.values().get())).as(part.name()).isEqualTo(bytes(want));
        }
    }

    private Map<String, Tensor> parts() {
        Tensor w = Tensor.of(arena, Shape.of(6, 20), Cases.plain(1, 120, 1));
        Map<String, Tensor> parts = new LinkedHashMap<>();
        for (TensorSource s : BitsAndBytesParts.of(M + ".weight", RowInt8.quantise(w, arena), DType.F32)) {
            parts.put(s.name(), s.values().get());
        }
        return parts;
    }

    private Checkpoint write(Map<String, Tensor> tensors) {
        Safetensors.write(folder.resolve("model.safetensors"), tensors);
        Json.write(folder.resolve("config.json"), Map.of());
        return Checkpoint.open(folder, List.of(), arena);
    }

    @Test
    void a_weight_is_one_tensor_of_its_checkpoint() {
        Map<String, Tensor> parts = parts();
        assertThat(parts.keySet()).containsExactly(M + ".weight", M + ".SCB", M + ".weight_format");
        Checkpoint c = write(parts);
        assertThat(c.names()).containsExactly(M + ".weight");
        assertThat(c.parameters()).isEqualTo(120);
        assertThat(c.tensor(M + ".weight")).hasToString("INT8[6, 20]");
        parts.remove(M + ".weight_format"); // as older versions wrote it
        assertThat(write(parts).tensor(M + ".weight")).hasToString("INT8[6, 20]");
    }

    @Test
    void a_magnitude_that_is_not_finite_is_found() {
        Tensor w = Tensor.of(arena, Shape.of(6, 20), Cases.plain(1, 120, 1));
        Tensor q = RowInt8.quantise(w, arena);
        q.scales().magnitudes().data().setAtIndex(ValueLayout.JAVA_FLOAT, 3, Float.NaN);
        assertThat(NonFinite.first(q)).isEqualTo(60);
    }

    @Test
    void parts_that_do_not_belong_together_are_named() {
        wrong(
                M + ".SCB",
                Tensor.zeros(arena, DType.F32, Shape.of(5)),
                M + ".weight: tensor: 5 magnitudes for" + " INT8[6, 20], expected 6 (blocks of 20)");
        wrong(M + ".SCB", Tensor.zeros(arena, DType.F16, Shape.of(6)), M + ".SCB: is F16[6], expected F32[6]");
        wrong(
                M + ".weight",
                Tensor.zeros(arena, DType.F16, Shape.of(6, 20)),
                M + ".weight: is F16[6, 20] beside " + M + ".SCB, expected I8 of two axes");
        Tensor two = Tensor.zeros(arena, DType.U8, Shape.of());
        two.data().set(ValueLayout.JAVA_BYTE, 0, (byte) 2);
        wrong(M + ".weight_format", two, M + ".weight_format: is 2, expected 0, which is codes row by row");
        Map<String, Tensor> alone = parts();
        alone.remove(M + ".weight");
        assertThatThrownBy(() -> write(alone))
                .hasMessageEndingWith("tensor %s.SCB: there is no %s.weight".formatted(M, M));
    }

    private void wrong(String name, Tensor with, String message) {
        Map<String, Tensor> parts = parts();
        parts.put(name, with);
        assertThatThrownBy(() -> write(parts).tensor(M + ".weight"))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("%s: tensor %s".formatted(folder.resolve("model.safetensors"), message));
    }

    @Test
    void a_weight_beyond_f16_is_refused() {
        Tensor w = Tensor.of(arena, Shape.of(2, 2), 1f, 2, 1, 70_000);
        assertThatThrownBy(() -> RowInt8.quantise(w, arena))
                .hasMessage("quantise: row 1 has a weight beyond 65504, expected one that f16 has, as INT8 reads it");
    }
}
