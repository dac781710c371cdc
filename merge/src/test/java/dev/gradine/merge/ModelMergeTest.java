package dev.gradine.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.Checkpoint;
import dev.gradine.io.ModelFolder;
import dev.gradine.io.TensorSource;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Configurations over small model folders, read back.
class ModelMergeTest {

    @TempDir
    Path folder;

    private final Kernels run = CpuKernels.open();
    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        arena.close();
        run.close();
    }

    /// A model whose every value is `value`, plus the number of its layer.
    private void model(String name, float value, int vocab, int layers, boolean tied) {
        List<TensorSource> all = new ArrayList<>();
        all.add(tensor("model.embed_tokens.weight", value, vocab, 2));
        for (int l = 0; l < layers; l++) {
            all.add(tensor("model.layers.%d.mlp.up_proj.weight".formatted(l), value + l, 3, 2));
            all.add(tensor("model.layers.%d.self_attn.q_proj.weight".formatted(l), value + l, 2, 2));
        }
        all.add(tensor("model.norm.weight", value, 2));
        if (!tied) all.add(tensor("lm_head.weight", value + 100, vocab, 2));
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("model_type", "llama");
        config.put("num_hidden_layers", layers);
        config.put("vocab_size", vocab);
        config.put("tie_word_embeddings", tied);
        ModelFolder.write(folder.resolve(name), config, all, List.of());
    }

    private TensorSource tensor(String name, float value, int... dims) {
        float[] values = new float[Shape.of(dims).size()];
        java.util.Arrays.fill(values, value);
        return TensorSource.of(name, Tensor.of(arena, Shape.of(dims), values));
    }

    private Checkpoint merged(Map<String, Object> yaml) {
        Path out = folder.resolve("out");
        ModelMerge.write(MergeConfig.read(yaml), folder, 1, out, run).forEach(notes::add);
        return Checkpoint.open(out, List.of(), arena);
    }

    private final List<String> notes = new ArrayList<>();

    private static Map<String, Object> source(String model, Object weight) {
        return Map.of("model", model, "parameters", Map.of("weight", weight));
    }

    private float value(Checkpoint c, String name) {
        return run.download(run.fromHost(c.tensor(name)))[0];
    }

    @Test
    void the_mean_of_two_models_is_written_as_a_model() {
        model("a", 1, 5, 2, false);
        model("b", 3, 5, 2, false);
        Checkpoint c = merged(Map.of("merge_method", "linear", "models", List.of(source("a", 1), source("b", 3))));
        assertThat(value(c, "model.embed_tokens.weight")).isEqualTo(2.5f);
        assertThat(value(c, "model.layers.1.mlp.up_proj.weight")).isEqualTo(3.5f);
        assertThat(value(c, "lm_head.weight")).isEqualTo(102.5f);
        assertThat(c.names()).hasSize(7);
        assertThat(notes).isEmpty();
    }

    @Test
    void weights_follow_the_layers_and_the_names() {
        model("a", 0, 5, 3, false);
        model("b", 10, 5, 3, false);
        Object byName = List.of(Map.of("filter", "mlp", "value", List.of(0.0, 1.0)), Map.of("value", 0.5));
        Checkpoint c = merged(Map.of(
                "merge_method",
                "linear",
                "parameters",
                Map.of("normalize", false),
                "models",
                List.of(source("a", 1), source("b", byName))));
        assertThat(value(c, "model.layers.0.mlp.up_proj.weight")).isEqualTo(0);
        assertThat(value(c, "model.layers.1.mlp.up_proj.weight")).isEqualTo(1 + 0.5f * 11);
        assertThat(value(c, "model.layers.2.mlp.up_proj.weight")).isEqualTo(2 + 12);
        assertThat(value(c, "model.layers.2.self_attn.q_proj.weight")).isEqualTo(2 + 6);
    }

    @Test
    void a_base_model_that_no_entry_names_is_what_changes_start_from() {
        model("base", 1, 5, 1, false);
        model("a", 3, 5, 1, false);
        Checkpoint c = merged(
                Map.of("merge_method", "task_arithmetic", "base_model", "base", "models", List.of(source("a", 0.5))));
        assertThat(value(c, "model.norm.weight")).isEqualTo(2);
    }

    @Test
    void layers_of_two_models_stand_one_behind_the_other() {
        model("a", 0, 5, 3, false);
        model("b", 10, 5, 3, false);
        Checkpoint c = merged(Map.of(
                "merge_method",
                "passthrough",
                "slices",
                List.of(
                        Map.of("sources", List.of(Map.of("model", "a", "layer_range", List.of(0, 2)))),
                        Map.of("sources", List.of(Map.of("model", "b", "layer_range", List.of(1, 3)))))));
        assertThat(c.config()).containsEntry("num_hidden_layers", 4);
        assertThat(value(c, "model.layers.1.mlp.up_proj.weight")).isEqualTo(1);
        assertThat(value(c, "model.layers.2.mlp.up_proj.weight")).isEqualTo(11);
        assertThat(value(c, "model.layers.3.mlp.up_proj.weight")).isEqualTo(12);
        assertThat(value(c, "model.embed_tokens.weight")).isEqualTo(0);
        assertThat(value(c, "lm_head.weight")).isEqualTo(110);
    }

    @Test
    void a_head_that_one_model_has_tied_is_its_embedding() {
        model("a", 1, 5, 1, true);
        model("b", 3, 5, 1, false);
        Checkpoint c = merged(Map.of("merge_method", "linear", "models", List.of(source("a", 1), source("b", 1))));
        assertThat(value(c, "lm_head.weight")).isEqualTo((1 + 103) / 2f);
        assertThat(c.config()).containsEntry("tie_word_embeddings", false);
    }

    @Test
    void embeddings_of_two_vocabularies_are_cut_and_said_so() {
        model("a", 1, 7, 1, false);
        model("b", 3, 5, 1, false);
        Checkpoint c = merged(Map.of("merge_method", "linear", "models", List.of(source("a", 1), source("b", 1))));
        assertThat(c.config()).containsEntry("vocab_size", 5);
        assertThat(notes)
                .containsExactlyInAnyOrder(
                        "model.embed_tokens.weight: cut to [5, 2], which all models have",
                        "lm_head.weight: cut to [5, 2], which all models have");
    }

    @Test
    void the_type_asked_for_is_written() {
        model("a", 1, 5, 1, false);
        Checkpoint c = merged(Map.of("merge_method", "linear", "dtype", "bfloat16", "models", List.of(source("a", 1))));
        assertThat(c.tensor("model.norm.weight").dtype()).isEqualTo(DType.BF16);
        assertThat(c.config()).containsEntry("dtype", "bfloat16");
    }

    @Test
    void models_that_do_not_fit_are_refused_and_nothing_is_left() {
        model("a", 1, 5, 1, false);
        model("b", 1, 5, 2, false);
        assertThatThrownBy(() ->
                        merged(Map.of("merge_method", "linear", "models", List.of(source("a", 1), source("b", 1)))))
                .isInstanceOf(MergeException.class)
                .hasMessage("b: 2 layers, expected 1");
        assertThat(Files.exists(folder.resolve("out"))).isFalse();
    }

    @Test
    void keys_and_parameters_that_are_unknown_are_named() {
        assertThatThrownBy(() -> MergeConfig.read(
                        Map.of("merge_method", "linear", "models", List.of(source("a", 1)), "dtpye", "float16")))
                .hasMessageStartingWith("merge: unknown key dtpye, expected one of [base_model, ");
        Map<String, Object> wrong = Map.of("model", "a", "parameters", Map.of("density", 0.5));
        assertThatThrownBy(() -> MergeConfig.read(Map.of("merge_method", "linear", "models", List.of(wrong))))
                .hasMessage("a: unknown parameter density, expected one of [weight]");
        assertThatThrownBy(() -> MergeConfig.read(Map.of("merge_method", "linear")))
                .hasMessage("merge: expected one of models and slices");
    }
}
