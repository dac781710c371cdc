package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files as PEFT writes them, with more in them than what was trained.
class AdapterLoaderTest {

    private static final String P = "base_model.model.";
    private static final String HEAD = P + "lm_head.base_layer.weight";
    private static final String EMBEDDING = P + "model.embed_tokens.weight";

    @TempDir
    Path folder;

    private final List<String> told = new ArrayList<>();

    /// A folder of adapters on `targets`, all values of A and B 0.05, with more tensors and fields.
    private void write(List<String> targets, Map<String, Tensor> more, Map<String, Object> fields) {
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>(more);
            if (targets.contains("q_proj")) {
                for (int l = 0; l < 2; l++) {
                    String q = P + "model.layers." + l + ".self_attn.q_proj.lora_";
                    tensors.put(q + "A.weight", filled(arena, 0.05f, 2, 24));
                    tensors.put(q + "B.weight", filled(arena, 0.05f, 24, 2));
                }
            }
            if (targets.contains("lm_head")) {
                tensors.put(P + "lm_head.lora_A.weight", filled(arena, 0.05f, 2, 24));
                tensors.put(P + "lm_head.lora_B.weight", filled(arena, 0.05f, 37, 2));
            }
            Safetensors.write(folder.resolve(AdapterFolder.WEIGHTS), tensors);
        }
        Map<String, Object> config =
                new LinkedHashMap<>(Map.of("peft_type", "LORA", "r", 2, "lora_alpha", 4, "target_modules", targets));
        config.putAll(fields);
        Json.write(folder.resolve(AdapterFolder.CONFIG), config);
    }

    private static Tensor filled(Arena arena, float value, int... dims) {
        Shape shape = Shape.of(dims);
        float[] values = new float[shape.size()];
        Arrays.fill(values, value);
        return Tensor.of(arena, shape, values);
    }

    private AdapterSet load(CausalLm model, Kernels run) {
        return AdapterFolder.load(folder, model, run, told::add);
    }

    private void assertRefused(String message) {
        try (Kernels run = CpuKernels.open()) {
            assertThatThrownBy(() -> load(TinyModel.of(run, false), run))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(message);
        }
    }

    @Test
    void the_base_weight_of_an_adapted_head_takes_the_place_of_the_models() {
        try (Kernels run = CpuKernels.open();
                Arena arena = Arena.ofConfined()) {
            write(List.of("lm_head", "q_proj"), Map.of(HEAD, filled(arena, 0, 37, 24)), Map.of());
            CausalLm model = TinyModel.of(run, false);
            AdapterSet set = load(model, run);
            assertThat(told)
                    .containsExactly(("adapter %s: lora on 3 modules; 7 of 7 tensors used; in the place of the model's"
                                    + " own: lm_head.weight")
                            .formatted(folder));
            float[] logits = TinyModel.logits(new Policy(model, set), run);
            for (int i = 1; i < 37; i++) assertThat(logits[i]).isEqualTo(logits[0]); // 0 W h + s B A h, rows of B alike
            assertThat(logits[0]).isNotZero();
            assertThat(TinyModel.logits(new Policy(model, set.merged(run)), run))
                    .usingComparatorWithPrecision(1e-5f)
                    .containsExactly(logits);
        }
    }

    @Test
    void a_base_weight_that_is_the_models_own_changes_nothing() {
        try (Kernels run = CpuKernels.open()) {
            CausalLm model = TinyModel.of(run, false);
            Tensor own = model.weights().getLast().param().value();
            write(List.of("lm_head", "q_proj"), Map.of(HEAD, own), Map.of());
            assertThat(load(model, run).replaced()).isEmpty();
            assertThat(told).containsExactly("adapter %s: lora on 3 modules; 7 of 7 tensors used".formatted(folder));
        }
    }

    @Test
    void saved_embeddings_take_the_place_of_the_models_and_of_what_is_tied_to_them() {
        for (boolean tied : new boolean[] {false, true}) {
            try (Kernels run = CpuKernels.open();
                    Arena arena = Arena.ofConfined()) {
                write(List.of("q_proj"), Map.of(EMBEDDING, filled(arena, 0.5f, 37, 24)), Map.of());
                CausalLm model = TinyModel.of(run, tied);
                AdapterSet set = load(model, run);
                assertThat(set.replaced().keySet().stream().map(w -> w.path()))
                        .containsExactlyElementsOf(
                                tied
                                        ? List.of("model.embed_tokens.weight", "lm_head.weight")
                                        : List.of("model.embed_tokens.weight"));
                float[] logits = TinyModel.logits(new Policy(model, set), run);
                // a head of equal rows gives equal logits
                boolean rowsAlike = logits[0] == logits[1] && logits[1] == logits[2];
                assertThat(rowsAlike).isEqualTo(tied);
            }
        }
    }

    @Test
    void what_took_the_place_of_a_weight_is_written_again() {
        try (Kernels run = CpuKernels.open();
                Arena arena = Arena.ofConfined()) {
            write(List.of("lm_head"), Map.of(HEAD, filled(arena, 0.25f, 37, 24)), Map.of());
            CausalLm model = TinyModel.of(run, false);
            AdapterSet set = load(model, run);
            float[] before = TinyModel.logits(new Policy(model, set), run);
            Path other = folder.resolve("a/b");
            AdapterFolder.save(set, other, "", run);
            AdapterSet again = AdapterFolder.load(other, model, run);
            assertThat(TinyModel.logits(new Policy(model, again), run)).containsExactly(before);
        }
    }

    @Test
    void names_with_the_adapters_own_name_are_read() {
        try (Kernels run = CpuKernels.open();
                Arena arena = Arena.ofConfined()) {
            write(
                    List.of("lm_head"),
                    Map.of(
                            P + "model.layers.0.mlp.up_proj.lora_A.default.weight", filled(arena, 1, 2, 24),
                            P + "model.layers.0.mlp.up_proj.lora_B.default.weight", filled(arena, 1, 40, 2)),
                    Map.of("target_modules", List.of("lm_head", "layers.0.mlp.up_proj")));
            assertThat(load(TinyModel.of(run, false), run).adapters()).hasSize(2);
        }
    }

    @Test
    void a_plain_name_under_an_adapter_is_left_as_peft_leaves_it() {
        try (Kernels run = CpuKernels.open();
                Arena arena = Arena.ofConfined()) {
            write(List.of("lm_head"), Map.of(P + "lm_head.weight", filled(arena, 0, 37, 24)), Map.of());
            assertThat(load(TinyModel.of(run, false), run).replaced()).isEmpty();
            assertThat(told)
                    .containsExactly("adapter %s: lora on 1 module; 2 of 3 tensors used; left: %slm_head.weight"
                            .formatted(folder, P));
        }
    }

    @Test
    void a_name_to_save_is_the_end_of_a_path() {
        try (Kernels run = CpuKernels.open();
                Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> norms = new LinkedHashMap<>();
            for (int l = 0; l < 2; l++) {
                norms.put(P + "model.layers." + l + ".input_layernorm.weight", filled(arena, 2, 24));
                norms.put(P + "model.layers." + l + ".post_attention_layernorm.weight", filled(arena, 2, 24));
            }
            norms.put(P + "model.norm.weight", filled(arena, 2, 24));
            write(List.of("q_proj"), norms, Map.of("modules_to_save", List.of("norm", "score")));
            assertThat(load(TinyModel.of(run, false), run).copies()).hasSize(5);
            assertThat(told)
                    .containsExactly(("adapter %s: lora on 2 modules; 5 tensors trained as copies; 9 of 9 tensors used;"
                                    + " modules_to_save that the model has not: score")
                            .formatted(folder));
        }
    }

    @Test
    void a_head_that_peft_keeps_tied_to_an_adapted_embedding_is_adapted_with_it() {
        try (Kernels run = CpuKernels.open();
                Arena arena = Arena.ofConfined()) {
            // PEFT stores the head's A as the embedding's B turned round, and the reverse
            Map<String, Tensor> both = Map.of(
                    P + "model.embed_tokens.lora_embedding_A", filled(arena, 0.1f, 2, 37),
                    P + "model.embed_tokens.lora_embedding_B", filled(arena, 0.2f, 24, 2),
                    P + "lm_head.lora_A.weight", filled(arena, 0.2f, 2, 24),
                    P + "lm_head.lora_B.weight", filled(arena, 0.1f, 37, 2));
            write(
                    List.of("q_proj"),
                    both,
                    Map.of("target_modules", List.of("q_proj", "model.embed_tokens"), "ensure_weight_tying", true));
            CausalLm model = TinyModel.of(run, true);
            AdapterSet set = load(model, run);
            assertThat(set.adapters()).hasSize(4);
            assertThat(told.getFirst())
                    .endsWith("; ensure_weight_tying: if it is trained on, embedding and head are trained apart");
            List<float[]> merged = model.weights().stream()
                    .filter(w -> w.path().contains("embed") || w.path().contains("head"))
                    .map(w -> run.download(Merge.merged(set, w, run)))
                    .toList();
            assertThat(merged.getFirst()).usingComparatorWithPrecision(1e-6f).containsExactly(merged.getLast());
        }
    }

    @Test
    void a_table_of_another_vocabulary_is_refused() {
        try (Arena arena = Arena.ofConfined()) {
            write(List.of("q_proj"), Map.of(EMBEDDING, filled(arena, 1, 38, 24)), Map.of());
        }
        assertRefused("%s: %s is [38, 24], expected [37, 24] (the model, which may have another vocabulary)"
                .formatted(folder.resolve(AdapterFolder.WEIGHTS), EMBEDDING));
    }

    @Test
    void a_target_within_a_module_to_save_is_refused() {
        write(List.of("q_proj"), Map.of(), Map.of("modules_to_save", List.of("attn")));
        assertRefused(
                folder + ": modules_to_save: [attn] takes in model.layers.0.self_attn.q_proj, which is a target, too;"
                        + " expected one of the two");
    }

    @Test
    void a_pickle_alone_is_refused_with_the_reason() throws IOException {
        write(List.of("q_proj"), Map.of(), Map.of());
        Files.move(folder.resolve(AdapterFolder.WEIGHTS), folder.resolve("adapter_model.bin"));
        assertRefused(folder + ": has adapter_model.bin alone, which is a Python pickle and runs code when it is read;"
                + " expected adapter_model.safetensors (PEFT writes it:"
                + " PeftModel.from_pretrained(…).save_pretrained(…))");
    }

    @Test
    void a_folder_that_cannot_be_made_is_named() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        try (Kernels run = CpuKernels.open()) {
            AdapterSet set = AdapterSet.fresh(
                    TinyModel.of(run, false), Lora.of(2, 4), Selection.of("q_proj"), run, new SplittableRandom(1));
            assertThatThrownBy(() -> AdapterFolder.save(set, file, "", run))
                    .isInstanceOf(AdapterException.class)
                    .hasMessage(file + ": is a file, expected a folder for the adapter");
        }
    }
}
