package dev.gradine.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Gguf;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.io.TensorInfo;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Golden models of every family that is written as GGUF: the file has the names and keys that llama.cpp's converter
/// gives it, and computes what the folder does.
class GgufFamiliesTest {

    @TempDir
    private Path temp = Path.of("");

    private final Kernels run = CpuKernels.open();
    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        run.close();
        arena.close();
    }

    private static Map<String, Object> all() {
        return Json.readObject(Golden.golden("gguf/names.json"));
    }

    static Stream<String> names() {
        return all().keySet().stream();
    }

    private Path written(String name, DType type) throws IOException {
        Path file = Files.createDirectories(temp.resolve(name + type)).resolve(name + ".gguf");
        try (OpenModel m = Models.open(Golden.golden("models/" + name), run)) {
            GgufExport.write(m, AdapterSet.none(m.model()), type, file);
        }
        return file;
    }

    @ParameterizedTest
    @MethodSource("names")
    void names_shapes_and_keys_are_those_of_the_converter(String name) throws IOException {
        Gguf file = Gguf.open(written(name, DType.F32), arena);
        Map<?, ?> expected = map(all().get(name));
        Map<String, List<Integer>> tensors = new LinkedHashMap<>();
        for (TensorInfo t : file.tensors()) {
            tensors.put(t.name(), t.shape().stream().map(Math::toIntExact).toList());
        }
        assertThat(tensors).isEqualTo(expected.get("tensors"));
        assertThat(file.metadata()).containsEntry("general.architecture", expected.get("architecture"));
        map(expected.get("metadata")).forEach((key, value) -> {
            Object got = file.metadata().get(expected.get("architecture") + "." + key);
            if (value instanceof Number n && got instanceof Number g) {
                assertThat(g.floatValue()).as(String.valueOf(key)).isEqualTo(n.floatValue());
            } else {
                Object list =
                        got instanceof int[] each ? Arrays.stream(each).boxed().toList() : got;
                assertThat(list).as(String.valueOf(key)).isEqualTo(value);
            }
        });
    }

    /// As gguf-py's table of this architecture has them.
    @Test
    void gate_and_up_of_gpt_oss_have_names_of_their_own() throws IOException {
        Map<String, Object> config =
                TinyModels.config("gpt_oss", Map.of("num_local_experts", 4, "num_experts_per_tok", 2));
        Path out = temp.resolve("gpt-oss.gguf");
        try (OpenModel m = Models.open(TinyModels.write(temp.resolve("folder"), config), run)) {
            GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, out);
        }
        Gguf file = Gguf.open(out, arena);
        assertThat(file.names())
                .contains("blk.0.attn_sinks.weight", "blk.0.ffn_gate_inp.bias", "blk.0.post_attention_norm.weight")
                .contains("blk.0.ffn_gate_exps.bias", "blk.0.ffn_up_exps.bias", "blk.0.ffn_down_exps.bias");
        assertThat(file.tensor("blk.0.ffn_gate_exps.weight").shape()).isEqualTo(Shape.of(4, 96, 64));
        assertThat(file.tensor("blk.0.ffn_up_exps.weight").shape()).isEqualTo(Shape.of(4, 96, 64));
        assertThat(file.tensor("blk.0.ffn_down_exps.weight").shape()).isEqualTo(Shape.of(4, 64, 96));
    }

    @ParameterizedTest
    @MethodSource("names")
    void a_file_computes_what_its_folder_does(String name) throws IOException {
        Path golden = Golden.golden("models/" + name);
        Safetensors expected = Safetensors.open(golden.resolve("expected.safetensors"), arena);
        List<int[]> ids = rows(expected.tensor("input_ids"));
        try (OpenModel folder = Models.open(golden, run);
                OpenModel file = Models.open(written(name, DType.F32), run)) {
            float[] got = LogitsCheck.logits(Policy.of(file.model()), run, ids);
            double[] reference = Cases.doubles(run.download(run.fromHost(expected.tensor("logits"))));
            Tolerance.logits().check(name, got, reference);
            float[] same = LogitsCheck.logits(Policy.of(folder.model()), run, ids);
            // Factors of frequencies and of cosines, and how fast a state decays, are rounded to f32 in the file; all
            // else keeps its bits.
            if (ROUNDED.contains(name)) {
                assertThat(LogitsCheck.of(same, got, file.model(), 0)).matches(LogitsCheck::agrees);
            } else {
                assertThat(Arrays.equals(got, same)).isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void a_file_written_again_is_the_same(String name) throws IOException {
        Path first = written(name, DType.F32);
        Path second = Files.createDirectories(temp.resolve("again")).resolve("m.gguf");
        try (OpenModel m = Models.open(first, run)) {
            GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, second);
        }
        Gguf a = Gguf.open(first, arena);
        Gguf b = Gguf.open(second, arena);
        assertThat(b.metadata()).usingRecursiveComparison().isEqualTo(a.metadata());
        assertThat(b.names()).isEqualTo(a.names());
        for (String t : a.names())
            assertThat(b.tensor(t).isSameAs(a.tensor(t))).as(t).isTrue();
    }

    private static final List<String> ROUNDED =
            List.of("phi3-longrope", "llama3-rope", "qwen3.5", "qwen3-next", "mamba2");

    private static Map<?, ?> map(@Nullable Object o) {
        return (Map<?, ?>) Objects.requireNonNull(o);
    }

    private static List<int[]> rows(Tensor t) {
        int width = t.shape().last();
        int[] all = Arrays.stream(t.data().toArray(ValueLayout.JAVA_LONG_UNALIGNED))
                .mapToInt(Math::toIntExact)
                .toArray();
        List<int[]> rows = new ArrayList<>();
        for (int r = 0; r < t.shape().rows(); r++) rows.add(Arrays.copyOfRange(all, r * width, (r + 1) * width));
        return rows;
    }
}
