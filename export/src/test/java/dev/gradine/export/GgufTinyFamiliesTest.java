package dev.gradine.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.CheckpointException;
import dev.gradine.io.Gguf;
import dev.gradine.io.GgufWriter;
import dev.gradine.io.TensorSource;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Golden;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Random models of families whose golden model llama.cpp's file has no place for, or that have none.
class GgufTinyFamiliesTest {

    private static final List<int[]> IDS = List.of(new int[] {256, 84, 104, 101, 32, 99, 97, 116, 10, 66, 67, 68});

    @TempDir
    private Path temp = Path.of("");

    private final Kernels run = CpuKernels.open();
    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        run.close();
        arena.close();
    }

    private static final Map<String, Object> LATENT = Map.of(
            "kv_lora_rank",
            24,
            "qk_nope_head_dim",
            32,
            "qk_rope_head_dim",
            8,
            "v_head_dim",
            20,
            "n_routed_experts",
            4,
            "num_experts_per_tok",
            2,
            "moe_intermediate_size",
            32,
            "first_k_dense_replace",
            1,
            "n_shared_experts",
            1);

    private static final Map<String, Map<String, Object>> OWN = Map.of(
            "olmo", Map.of("clip_qkv", 1.5),
            "olmo3", Map.of("num_hidden_layers", 4, "sliding_window", 5, "rope_scaling", yarn(Map.of())),
            "granitemoeshared",
                    Map.of("num_local_experts", 4, "num_experts_per_tok", 2, "shared_intermediate_size", 48),
            "llama4_text",
                    Map.of(
                            "num_hidden_layers",
                            4,
                            "intermediate_size_mlp",
                            80,
                            "num_local_experts",
                            4,
                            "num_experts_per_tok",
                            1,
                            "interleave_moe_layer_step",
                            2),
            "deepseek_v2", with(LATENT, Map.of("rope_scaling", yarn(Map.of("mscale", 0.7, "mscale_all_dim", 0.7)))),
            "deepseek_v3", with(LATENT, Map.of("q_lora_rank", 40, "n_group", 2, "topk_group", 1)));

    private static Map<String, Object> with(Map<String, Object> some, Map<String, Object> more) {
        Map<String, Object> all = new HashMap<>(some);
        all.putAll(more);
        return all;
    }

    private static Map<String, Object> yarn(Map<String, Object> more) {
        return with(Map.of("rope_type", "yarn", "factor", 4.0, "original_max_position_embeddings", 16), more);
    }

    static Stream<String> families() {
        return OWN.keySet().stream().sorted();
    }

    private Path folder(String modelType) {
        Map<String, Object> config = TinyModels.config(modelType, OWN.getOrDefault(modelType, Map.of()));
        if (modelType.equals("olmo")) config.remove("rms_norm_eps");
        if (modelType.startsWith("deepseek")) {
            config.put("num_key_value_heads", 4);
            config.remove("head_dim");
        }
        return TinyModels.write(temp.resolve(modelType), config);
    }

    private Path written(String modelType, DType type) {
        Path file = temp.resolve(modelType + type + ".gguf");
        try (OpenModel m = Models.open(folder(modelType), run)) {
            GgufExport.write(m, AdapterSet.none(m.model()), type, file);
        }
        return file;
    }

    private float[] logits(Path model) {
        try (OpenModel m = Models.open(model, run)) {
            return LogitsCheck.logits(Policy.of(m.model()), run, IDS);
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void a_file_computes_what_its_folder_does(String modelType) {
        assertThat(logits(written(modelType, DType.F32))).isEqualTo(logits(temp.resolve(modelType)));
    }

    @ParameterizedTest
    @MethodSource("families")
    void a_file_keeps_the_kind_of_model_and_is_written_again_alike(String modelType) {
        Path first = written(modelType, DType.F32);
        Path second = temp.resolve("again.gguf");
        try (OpenModel m = Models.open(first, run)) {
            assertThat(m.checkpoint().config()).containsEntry("model_type", modelType);
            GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, second);
        }
        Gguf a = Gguf.open(first, arena);
        Gguf b = Gguf.open(second, arena);
        Map<String, Object> metadata = new HashMap<>(b.metadata());
        metadata.put("general.name", a.metadata().get("general.name"));
        assertThat(metadata).usingRecursiveComparison().isEqualTo(a.metadata());
        assertThat(b.names()).isEqualTo(a.names());
        for (String t : a.names())
            assertThat(b.tensor(t).isSameAs(a.tensor(t))).as(t).isTrue();
    }

    /// Files from before keys and values lay apart say the widths of heads, and no other.
    @Test
    void older_files_of_latent_attention_compute_the_same() {
        Gguf file = Gguf.open(written("deepseek_v3", DType.F32), arena);
        Map<String, Object> metadata = new LinkedHashMap<>(file.metadata());
        metadata.remove("deepseek2.attention.key_length_mla");
        metadata.remove("deepseek2.attention.value_length_mla");
        metadata.put("deepseek2.attention.key_length", 40);
        metadata.put("deepseek2.attention.value_length", 20);
        metadata.put("deepseek2.attention.head_count_kv", 4);
        List<TensorSource> tensors = new ArrayList<>();
        try (OpenModel m = Models.open(temp.resolve("deepseek_v3"), run)) {
            for (String t : file.names()) {
                if (t.contains("attn_v_b")) continue;
                String layer = t.contains("attn_k_b") ? t.substring(4, t.indexOf('.', 4)) : "";
                tensors.add(
                        layer.isEmpty()
                                ? TensorSource.of(t, file.tensor(t))
                                : TensorSource.of(
                                        "blk." + layer + ".attn_kv_b.weight",
                                        m.checkpoint()
                                                .tensor("model.layers." + layer + ".self_attn.kv_b_proj.weight")));
            }
            GgufWriter.write(temp.resolve("older.gguf"), metadata, tensors);
        }
        assertThat(logits(temp.resolve("older.gguf"))).isEqualTo(logits(temp.resolve("deepseek_v3")));
    }

    /// Files made from the first Phi-2 have queries, keys and values in one tensor.
    @Test
    void queries_keys_and_values_in_one_tensor_are_read_apart() {
        Path golden = Golden.golden("models/phi");
        Path file = temp.resolve("phi.gguf");
        try (OpenModel m = Models.open(golden, run)) {
            GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, file);
        }
        Gguf apart = Gguf.open(file, arena);
        List<TensorSource> tensors = new ArrayList<>();
        for (String t : apart.names()) {
            if (t.contains("attn_k.") || t.contains("attn_v.")) continue;
            tensors.add(TensorSource.of(
                    t.replace("attn_q.", "attn_qkv."), t.contains("attn_q.") ? together(apart, t) : apart.tensor(t)));
        }
        Path one = temp.resolve("one.gguf");
        GgufWriter.write(one, apart.metadata(), tensors);
        assertThat(logits(one)).isEqualTo(logits(golden));
        Map<String, Object> wide = new LinkedHashMap<>(apart.metadata());
        wide.put("phi2.attention.head_count_kv", 2);
        Path wrong = temp.resolve("wide.gguf");
        GgufWriter.write(wrong, wide, tensors);
        assertThatThrownBy(() -> Models.open(wrong, run))
                .hasMessage(wrong
                        + ": tensor blk.0.attn_qkv.weight: shape is [96, 32], expected 64 rows for 4 heads and 2"
                        + " key heads of 8");
    }

    private Tensor together(Gguf file, String q) {
        float[] all = new float[0];
        for (String part : List.of("attn_q.", "attn_k.", "attn_v.")) {
            float[] own = file.tensor(q.replace("attn_q.", part)).toFloats();
            all = Arrays.copyOf(all, all.length + own.length);
            System.arraycopy(own, 0, all, all.length - own.length, own.length);
        }
        Shape one = file.tensor(q).shape();
        return Tensor.of(arena, one.rank() == 1 ? Shape.of(3 * one.dim(0)) : Shape.of(3 * one.dim(0), one.dim(1)), all);
    }

    /// Blocks of its keys lie along what does not turn: they are read as f32.
    @Test
    void quantised_keys_and_values_of_latent_attention_are_read() {
        Path file = written("deepseek_v2", DType.Q8_0);
        assertThat(Gguf.open(file, arena).tensor("blk.0.attn_k_b.weight").dtype())
                .isEqualTo(DType.Q8_0);
        float[] expected = logits(temp.resolve("deepseek_v2"));
        float[] got = logits(file);
        double error = 0;
        double size = 0;
        for (int i = 0; i < got.length; i++) {
            error += Math.pow(got[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        assertThat(Math.sqrt(error / size)).isLessThan(0.05);
    }

    @Test
    void scales_and_orders_that_llama_cpp_does_not_compute_are_refused() {
        refuses(
                "deepseek_v3",
                Map.of("rope_scaling", yarn(Map.of("mscale", 1.0, "mscale_all_dim", 0.7))),
                "yarn with a mscale that is not its mscale_all_dim has no place in a file of architecture deepseek2");
        refuses("llama4_text", Map.of("attention_chunk_size", 16), "attention_chunk_size other than 8192");
        refuses(
                "llama4_text",
                Map.of("no_rope_layers", List.of(1, 0, 1, 0)),
                "this order of layers without rope has no place in a file of architecture llama4");
        refuses("llama4_text", Map.of("moe_layers", List.of(0, 3)), "moe_layers [0, 3]");
    }

    private void refuses(String modelType, Map<String, Object> more, String what) {
        Map<String, Object> config = TinyModels.config(modelType, with(OWN.getOrDefault(modelType, Map.of()), more));
        config.put("num_key_value_heads", 4);
        if (modelType.startsWith("deepseek")) config.remove("head_dim");
        try (OpenModel m = Models.open(TinyModels.write(temp.resolve("r" + System.nanoTime()), config), run)) {
            assertThatThrownBy(() ->
                            GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, temp.resolve("refused.gguf")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("gguf: " + what)
                    .hasMessageContaining("--to safetensors keeps");
        }
    }

    @Test
    void a_period_that_tensors_deny_is_one_line() {
        Map<String, Object> config = TinyModels.config(
                "qwen3_5_text",
                Map.of(
                        "layer_types",
                        List.of("linear_attention", "full_attention"),
                        "linear_num_key_heads",
                        2,
                        "linear_num_value_heads",
                        4,
                        "linear_key_head_dim",
                        16,
                        "linear_value_head_dim",
                        16,
                        "linear_conv_kernel_dim",
                        4));
        Path file = temp.resolve("period.gguf");
        try (OpenModel m = Models.open(TinyModels.write(temp.resolve("period"), config), run)) {
            GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, file);
        }
        Gguf gguf = Gguf.open(file, arena);
        Map<String, Object> metadata = new LinkedHashMap<>(gguf.metadata());
        metadata.put("qwen35.full_attention_interval", 1);
        Path wrong = temp.resolve("wrong.gguf");
        List<TensorSource> tensors = new ArrayList<>();
        for (String t : gguf.names()) tensors.add(TensorSource.of(t, gguf.tensor(t)));
        GgufWriter.write(wrong, metadata, tensors);
        assertThatThrownBy(() -> Models.open(wrong, run))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(wrong + ": qwen35.full_attention_interval is 1, but layer 0 has no tensor attn_q.weight");
    }
}
