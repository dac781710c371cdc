package dev.gradine.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.CheckpointException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A tensor that no layer uses stops nothing, and is named.
class UnusedTensorsTest {

    private final Kernels run = CpuKernels.open();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        run.close();
    }

    private static TinyFolder tiny() {
        return new TinyFolder(TinyLlama.config());
    }

    private List<String> notes(TinyFolder files) {
        try (OpenModel m = Models.open(files.to(folder), run)) {
            return m.notes();
        }
    }

    private String note(String rest) {
        return folder.resolve("model.safetensors") + ": " + rest;
    }

    @ParameterizedTest
    @CsvSource({"BOOL, 4", "F64, 32", "F8_E4M3, 4", "I16, 8", "U64, 32", "C64, 32", "I64, 32", "F4, 2"})
    void its_type_is_no_matter(String dtype, int bytes) {
        assertThat(notes(tiny().with("mask", dtype, List.of(4), new byte[bytes])))
                .containsExactly(note("1 tensor has no place in a llama and is left out: mask"));
    }

    @Test
    void many_are_counted_and_the_first_named() {
        TinyFolder files = tiny();
        for (int i = 0; i < 5; i++) files.with("extra." + i, "F32", List.of(), new byte[4]);
        assertThat(notes(files))
                .containsExactly(note(
                        "5 tensors have no place in a llama and are left out: extra.0, extra.1, extra.2 and 2 more"));
    }

    @Test
    void nan_where_no_layer_reads_is_no_matter() {
        byte[] nan = {0, 0, (byte) 0xc0, 0x7f};
        assertThat(notes(tiny().with("scratch", "F32", List.of(1), nan))).hasSize(1);
    }

    @Test
    void what_every_reader_computes_is_not_worth_a_word() {
        assertThat(notes(tiny().with("model.layers.0.self_attn.rotary_emb.inv_freq", "F32", List.of(1), new byte[4])))
                .isEmpty();
        assertThat(notes(tiny())).isEmpty();
    }

    @Test
    void metadata_of_null_is_none() {
        assertThat(notes(tiny().nullMetadata())).isEmpty();
        assertThatThrownBy(() -> notes(tiny().metadata(3)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(note("__metadata__ is not an object of texts"));
    }

    @Test
    void a_model_of_two_thousand_million_positions_costs_nothing_before_they_are_read() {
        var config = TinyLlama.config();
        config.put("max_position_embeddings", Integer.MAX_VALUE);
        try (OpenModel m = Models.open(new TinyFolder(config).to(folder), run)) {
            assertThat(m.model().maxPositions()).isEqualTo(Integer.MAX_VALUE);
            assertThat(run.bytesInUse()).isLessThan(1 << 20);
        }
    }

    @Test
    void missing_tensors_are_named_together() {
        TinyFolder files = tiny().without("model.norm.weight")
                .without("model.layers.1.mlp.up_proj.weight")
                .without("lm_head.weight");
        assertThatThrownBy(() -> notes(files))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(note("no tensor model.layers.1.mlp.up_proj.weight, model.norm.weight, lm_head.weight,"
                        + " which a llama has by its config"));
    }

    @Test
    void layers_that_a_file_does_not_have_are_counted() {
        TinyFolder files = tiny().claiming("num_hidden_layers", 3);
        assertThatThrownBy(() -> notes(files))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(note("no tensor model.layers.2.input_layernorm.weight,"
                        + " model.layers.2.self_attn.q_proj.weight, model.layers.2.self_attn.k_proj.weight,"
                        + " model.layers.2.self_attn.v_proj.weight, model.layers.2.self_attn.o_proj.weight and 4 more,"
                        + " which a llama has by its config"));
    }

    @Test
    void a_number_of_layers_beyond_all_reason_ends_at_once() {
        TinyFolder files = tiny().claiming("num_hidden_layers", Integer.MAX_VALUE);
        assertThatThrownBy(() -> notes(files))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("no tensor model.layers.2.input_layernorm.weight, ");
    }

    @Test
    void a_trunk_saved_without_its_head_opens_under_the_names_of_a_whole_model() {
        Map<String, Object> gpt2 = new HashMap<>(Map.of("model_type", "gpt2", "vocab_size", 37, "n_embd", 24));
        gpt2.putAll(Map.of("n_layer", 2, "n_head", 4, "n_positions", 16));
        TinyFolder whole = new TinyFolder(gpt2).with("transformer.h.0.attn.bias", "BOOL", List.of(1), new byte[1]);
        try (OpenModel m = Models.open(whole.renaming("transformer.", "").to(folder), run)) {
            assertThat(m.notes()).isEmpty();
            assertThat(m.checkpoint().has("transformer.wte.weight")).isTrue();
        }
    }
}
