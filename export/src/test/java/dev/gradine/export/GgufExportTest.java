package dev.gradine.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.io.Gguf;
import dev.gradine.io.GgufWriter;
import dev.gradine.io.Json;
import dev.gradine.io.TensorSource;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.TinyText;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufExportTest {

    @TempDir
    private Path temp = Path.of("");

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3", "olmo2", "gemma2", "gemma3_text", "smollm3"})
    void a_model_of_every_family_comes_back_with_its_logits(String modelType) throws IOException {
        comesBack(modelType, Map.of());
    }

    @Test
    void kinds_of_a_family_come_back_with_their_logits() throws IOException {
        comesBack("stablelm", Map.of("qk_layernorm", true, "use_parallel_residual", true, "use_qkv_bias", true));
        comesBack("cohere", Map.of("use_qk_norm", true, "tie_word_embeddings", true));
        comesBack("falcon", Map.of("new_decoder_architecture", true, "num_kv_heads", 2));
        comesBack("falcon", Map.of("multi_query", false));
        comesBack("gemma3_text", Map.of("layer_types", List.of("full_attention", "full_attention")));
    }

    /// Two stacks of a file are one parameter of the folder: halves of it, or every other row.
    @Test
    void gate_and_up_of_all_experts_come_back_with_their_logits() throws IOException {
        Map<String, Object> experts = Map.of("num_local_experts", 4, "num_experts_per_tok", 2);
        comesBack("granitemoe", experts);
        Map<String, Object> gptOss = new LinkedHashMap<>(experts);
        gptOss.put("sliding_window", 5);
        gptOss.put(
                "rope_parameters",
                Map.of(
                        "rope_type",
                        "yarn",
                        "factor",
                        4.0,
                        "original_max_position_embeddings",
                        16,
                        "rope_theta",
                        500.0,
                        "truncate",
                        false));
        comesBack(
                "gpt_oss",
                gptOss,
                "llama.cpp rounds the range that yarn blends to whole pairs, which this model does not");
    }

    private void comesBack(String modelType, Map<String, Object> more, String... notes) throws IOException {
        try (OpenModel m = open(TinyModels.config(modelType, more))) {
            Path file = alone("m" + System.nanoTime() + ".gguf");
            assertThat(GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, file))
                    .containsExactly(notes);
            List<int[]> ids = List.of(IntStream.range(0, 24).map(i -> i * 11).toArray());
            float[] expected = LogitsCheck.logits(Policy.of(m.model()), run, ids);
            try (OpenModel back = Models.open(file, run)) {
                float[] got = LogitsCheck.logits(Policy.of(back.model()), run, ids);
                // Gemma's norms lose a rounding to the 1 that is added; all else keeps its bits.
                if (modelType.startsWith("gemma")) {
                    assertThat(LogitsCheck.of(expected, got, m.model(), 0)).matches(LogitsCheck::agrees);
                } else {
                    assertThat(got).isEqualTo(expected);
                }
                assertThat(back.codec().tokenizer().encode("the <|im_end|>", true))
                        .isEqualTo(m.codec().tokenizer().encode("the <|im_end|>", true));
                assertThat(back.templates()).containsExactly(Map.entry("default", TinyText.TEMPLATE));
            }
        }
    }

    /// As gguf-py's table of this architecture has them.
    @Test
    void norms_behind_their_part_have_names_of_their_own() throws IOException {
        try (OpenModel m = open(TinyModels.config("olmo2"));
                Arena arena = Arena.ofConfined()) {
            Path file = alone("m.gguf");
            GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, file);
            assertThat(Gguf.open(file, arena).names())
                    .contains("blk.0.post_attention_norm.weight", "blk.0.post_ffw_norm.weight")
                    .doesNotContain("blk.0.ffn_norm.weight", "blk.0.attn_norm.weight");
        }
    }

    /// llama.cpp takes 50 and 30 where a file says nothing, and has no way to say none.
    @ParameterizedTest
    @ValueSource(strings = {"attn_logit_softcapping", "final_logit_softcapping"})
    void a_soft_cap_that_is_off_has_no_place_in_a_file(String cap) throws IOException {
        Map<String, Object> config = TinyModels.config("gemma2");
        config.put(cap, null);
        try (OpenModel m = open(config)) {
            Path file = alone("m.gguf");
            assertThatThrownBy(() -> GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("gguf: %s null has no place in a file of architecture gemma2; --to safetensors keeps it"
                            .formatted(cap));
            assertThat(file).doesNotExist();
        }
    }

    @Test
    void templates_with_names_go_into_the_file_and_from_there_into_a_folder() throws IOException {
        Map<String, Object> config = TinyModels.config("llama");
        Path source = TinyModels.write(temp.resolve("named"), config);
        Files.createDirectory(source.resolve("additional_chat_templates"));
        Files.writeString(source.resolve("additional_chat_templates/rag.jinja"), "{{ documents }}");
        Map<String, String> templates = Map.of("default", TinyText.TEMPLATE, "rag", "{{ documents }}");
        Path file = alone("named.gguf");
        try (OpenModel m = Models.open(source, run)) {
            GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, file);
            MergedModel.write(m, AdapterSet.none(m.model()), temp.resolve("copied"));
        }
        try (OpenModel m = Models.open(file, run)) {
            assertThat(m.templates()).isEqualTo(templates);
            MergedModel.write(m, AdapterSet.none(m.model()), temp.resolve("unpacked"));
        }
        for (String folder : List.of("copied", "unpacked")) {
            try (OpenModel m = Models.open(temp.resolve(folder), run)) {
                assertThat(m.templates()).as(folder).isEqualTo(templates);
            }
            assertThat(temp.resolve(folder).resolve("additional_chat_templates/rag.jinja"))
                    .hasContent("{{ documents }}");
        }
    }

    @Test
    void a_name_in_a_file_leads_out_of_no_folder() throws IOException {
        Path file = alone("m.gguf");
        Path evil = alone("evil.gguf");
        try (OpenModel m = open(TinyModels.config("llama"));
                Arena arena = Arena.ofConfined()) {
            GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, file);
            Gguf gguf = Gguf.open(file, arena);
            Map<String, Object> metadata = new LinkedHashMap<>(gguf.metadata());
            metadata.put("tokenizer.chat_templates", List.of("../out"));
            metadata.put("tokenizer.chat_template.../out", "x");
            GgufWriter.write(
                    evil,
                    metadata,
                    gguf.names().stream()
                            .map(n -> TensorSource.of(n, gguf.tensor(n)))
                            .toList());
        }
        try (OpenModel m = Models.open(evil, run)) {
            Path out = temp.resolve("out");
            assertThatThrownBy(() -> MergedModel.write(m, AdapterSet.none(m.model()), out))
                    .hasMessage(evil + ": a chat template is called \"../out\", expected a name of letters, digits,"
                            + " dots and dashes");
            assertThat(out).doesNotExist();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"linear", "llama3"})
    void scaled_rotary_embedding_is_in_the_file(String type) throws IOException {
        Map<String, Object> config = TinyModels.config("llama");
        Map<String, Object> scaling = type.equals("linear")
                ? Map.of("rope_type", "linear", "factor", 4.0)
                : Map.of(
                        "rope_type", "llama3",
                        "factor", 8.0,
                        "low_freq_factor", 1.0,
                        "high_freq_factor", 4.0,
                        "original_max_position_embeddings", 32);
        config.put("rope_scaling", scaling);
        try (OpenModel m = open(config);
                Arena arena = Arena.ofConfined()) {
            Path file = alone("m.gguf");
            GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, file);
            Gguf gguf = Gguf.open(file, arena);
            if (type.equals("linear")) {
                assertThat(gguf.metadata())
                        .containsEntry("llama.rope.scaling.type", "linear")
                        .containsEntry("llama.rope.scaling.factor", 4f);
                assertThat(ExportCheck.whole(m, AdapterSet.none(m.model()), file)
                                .faults())
                        .isEmpty();
            } else {
                float[] factors = run.download(run.fromHost(gguf.tensor("rope_freqs.weight")));
                assertThat(factors).hasSize(16);
                for (int i = 0; i < 16; i++) {
                    assertThat((double) factors[i]).isCloseTo(llama3(i), within(1e-5));
                }
            }
        }
    }

    /// By how much Llama 3's rule divides frequency i, as llama.cpp's converter has it.
    private static double llama3(int i) {
        double wavelength = 2 * Math.PI * Math.pow(500, 2 * i / 32.0);
        if (wavelength < 32 / 4.0) return 1;
        if (wavelength > 32 / 1.0) return 8;
        double smooth = (32 / wavelength - 1) / (4.0 - 1);
        return 1 / ((1 - smooth) / 8 + smooth);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1"})
    void an_adapter_is_in_the_weights_of_every_type(DType type) throws IOException {
        try (OpenModel m = open(TinyModels.config("llama"))) {
            AdapterSet adapted = adapter(m, "q_proj,down_proj");
            Path file = alone("m.gguf");
            GgufExport.write(m, adapted, type, file);
            Findings findings = ExportCheck.whole(m, adapted, file);
            assertThat(findings.faults()).isEmpty();
            Findings without = ExportCheck.whole(m, AdapterSet.none(m.model()), file);
            assertThat(without.faults()).anyMatch(f -> f.contains("down_proj.weight differs"));
        }
    }

    @Test
    void what_no_adapter_touched_keeps_its_bytes() throws IOException {
        Path first = alone("a.gguf");
        Path second = alone("b.gguf");
        try (OpenModel m = open(TinyModels.config("llama"))) {
            GgufExport.write(m, AdapterSet.none(m.model()), DType.Q4_0, first);
        }
        try (OpenModel m = Models.open(first, run);
                Arena arena = Arena.ofConfined()) {
            GgufExport.write(m, adapter(m, "q_proj"), DType.Q4_0, second);
            Gguf a = Gguf.open(first, arena);
            Gguf b = Gguf.open(second, arena);
            assertThat(b.names()).containsExactlyInAnyOrderElementsOf(a.names());
            for (String name : a.names()) {
                boolean same = a.tensor(name).data().mismatch(b.tensor(name).data()) < 0;
                assertThat(same).as(name).isEqualTo(!name.contains("attn_q"));
            }
        }
    }

    @Test
    void what_gguf_has_no_place_for_is_refused() {
        refuses(
                TinyModels.config("gemma4_text"),
                "gguf: model_type is gemma4_text, which we do not write as GGUF, expected one of "
                        + "cohere, cohere2, deepseek_v2, deepseek_v3, falcon, gemma, gemma2, gemma3_text, glm4,"
                        + " glm4_moe, glm4_moe_lite, gpt2, gpt_neox, gpt_oss, granite, granitemoe, "
                        + "granitemoeshared, lfm2, llama, llama4_text, mamba2, ministral3, mistral, mixtral, "
                        + "olmo, olmo2, olmo3, olmoe, phi, phi3, qwen2, qwen2_moe, qwen3, qwen3_5_text, "
                        + "qwen3_moe, qwen3_next, smollm3, stablelm, starcoder2; --to safetensors writes it");
        Map<String, Object> windows = TinyModels.config("qwen2");
        windows.put("use_sliding_window", true);
        windows.put("sliding_window", 4);
        windows.put("max_window_layers", 0);
        refuses(
                windows,
                "gguf: use_sliding_window has no place in a file of architecture qwen2; --to safetensors keeps it");
        Map<String, Object> scalar = TinyModels.config("gemma2");
        scalar.put("query_pre_attn_scalar", 16);
        refuses(
                scalar,
                "gguf: query_pre_attn_scalar 16 beside heads of 32 has no place in a file of architecture gemma2;"
                        + " --to safetensors keeps it");
        Map<String, Object> order = TinyModels.config("gemma3_text");
        order.put("layer_types", List.of("full_attention", "sliding_attention"));
        refuses(
                order,
                "gguf: this order of layers with windows has no place in a file of architecture gemma3;"
                        + " --to safetensors keeps it");
    }

    private void refuses(Map<String, Object> config, String message) {
        try (OpenModel m = open(config)) {
            assertThatThrownBy(() ->
                            GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, temp.resolve("refused.gguf")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(message);
        }
    }

    @Test
    void rows_that_no_block_fits_become_f16_and_are_named() throws IOException {
        Map<String, Object> config = TinyModels.config("llama");
        config.put("intermediate_size", 40);
        try (OpenModel m = open(config)) {
            Path file = alone("m.gguf");
            assertThat(GgufExport.write(m, AdapterSet.none(m.model()), DType.Q8_0, file))
                    .containsExactly("2 matrices are F16, not Q8_0, whose blocks of 32 do not fit their rows:"
                            + " model.layers.0.mlp.down_proj.weight ...");
            assertThat(ExportCheck.whole(m, AdapterSet.none(m.model()), file).faults())
                    .isEmpty();
        }
    }

    @Test
    void a_pre_tokenizer_without_a_name_is_refused() throws IOException {
        Map<String, Object> tokenizer = TinyModels.tokenizer();
        tokenizer.put(
                "pre_tokenizer",
                Map.of(
                        "type",
                        "Sequence",
                        "pretokenizers",
                        List.of(
                                Map.of(
                                        "type",
                                        "Split",
                                        "pattern",
                                        Map.of("Regex", "[aeiou]"),
                                        "behavior",
                                        "Isolated",
                                        "invert",
                                        false),
                                tokenizer.get("decoder"))));
        Path folder = TinyModels.write(temp.resolve("other"), TinyModels.config("llama"));
        Json.write(folder.resolve("tokenizer.json"), tokenizer);
        try (OpenModel m = Models.open(folder, run)) {
            assertThatThrownBy(() -> GgufExport.write(m, AdapterSet.none(m.model()), DType.F32, temp.resolve("x.gguf")))
                    .hasMessage(folder.toAbsolutePath().resolve("tokenizer.json")
                            + ": pre_tokenizer and normalizer are none that GGUF has a name for, expected those of one"
                            + " of gpt-2, smollm, llama-bpe, qwen2, qwen35, tekken, gpt-4o, deepseek-llm,"
                            + " deepseek-coder, deepseek-v3, default");
        }
    }

    private OpenModel open(Map<String, Object> config) {
        return Models.open(TinyModels.write(temp.resolve("model-" + System.nanoTime()), config), run);
    }

    /// A file in a folder of its own, where nothing beside it is read.
    private Path alone(String name) throws IOException {
        return Files.createDirectories(temp.resolve(name + ".d")).resolve(name);
    }

    private AdapterSet adapter(OpenModel m, String targets) {
        SplittableRandom random = new SplittableRandom(3);
        AdapterSet fresh = AdapterSet.fresh(m.model(), Lora.of(4, 8), Selection.of(targets), run, random);
        fresh.params().forEach(p -> {
            float[] values = new float[p.value().size()];
            for (int i = 0; i < values.length; i++) values[i] = (float) random.nextGaussian(0, 0.1);
            run.copy(run.of(p.value().shape(), values), p.value());
        });
        return fresh;
    }
}
