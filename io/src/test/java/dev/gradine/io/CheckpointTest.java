package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.testkit.Golden;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {

    private static final List<String> SIZES = List.of(
            "model_type",
            "hidden_size",
            "intermediate_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "vocab_size",
            "max_position_embeddings",
            "rms_norm_eps",
            "rope_theta",
            "tie_word_embeddings",
            "bos_token_id",
            "eos_token_id",
            "hidden_act",
            "attention_bias",
            "mlp_bias");

    private final Arena arena = Arena.ofConfined();

    @TempDir
    Path folder;

    @AfterEach
    void unmap() {
        arena.close();
    }

    private static void assertSame(Checkpoint got, Checkpoint expected, Collection<String> keys) {
        assertThat(got.names()).containsExactlyInAnyOrderElementsOf(expected.names());
        assertThat(got.parameters()).isEqualTo(expected.parameters());
        for (String name : expected.names()) {
            assertThat(got.tensor(name).toString())
                    .as(name)
                    .isEqualTo(expected.tensor(name).toString());
            assertThat(Bytes.of(got.tensor(name))).as(name).isEqualTo(Bytes.of(expected.tensor(name)));
        }
        for (String key : keys)
            assertThat(got.config().get(key))
                    .as(key)
                    .isEqualTo(expected.config().get(key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"stories260K.bin", "stories260K-f32.gguf", "stories260K-f32.v3.gguf"})
    void one_model_in_four_formats_is_the_same_to_the_bit(String name) {
        Checkpoint hf = Checkpoint.open(Golden.shared("assets/models/stories260K/hf"), GgufBytes.LLAMA, arena);
        Checkpoint other = Checkpoint.open(Golden.shared("assets/models/stories260K/" + name), GgufBytes.LLAMA, arena);
        assertSame(other, hf, SIZES);
        assertThat(other.parameters()).isEqualTo(260_032);
        String q = "model.layers.0.self_attn.q_proj.weight";
        String stored = name.endsWith(".bin") ? "layers.0.attention.wq.weight" : "blk.0.attn_q.weight";
        // Without the reordering the comparison above would fail: the file's own rows are in another order.
        assertThat(Bytes.of(other.file().tensor(stored))).isNotEqualTo(Bytes.of(hf.tensor(q)));
        assertThat(other.tensor(q)).isSameAs(other.tensor(q));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama-tied", "qwen2", "qwen3", "gpt2", "smollm3-nope", "gemma3"})
    void models_of_every_family_open_and_are_finite(String name) {
        Path model = Golden.golden("models/" + name);
        Checkpoint c = Checkpoint.open(model, GgufBytes.LLAMA, arena);
        assertThat(c.format()).isEqualTo("safetensors");
        assertThat(c.config()).isEqualTo(Json.readObject(model.resolve("config.json")));
        assertThat(c.names()).isNotEmpty();
        NonFinite.requireNone(c);
    }

    @Test
    void smollm2_has_the_tensors_and_the_configuration_its_makers_say() {
        Path model = Golden.smolLm2(folder);
        Checkpoint c = Checkpoint.open(model, GgufBytes.LLAMA, arena);
        assertThat(c.format()).isEqualTo("gguf v3");
        assertThat(c.names()).hasSize(272).doesNotContain("lm_head.weight");
        assertThat(c.parameters()).isEqualTo(134_515_008);
        assertThat(c.tensor("model.embed_tokens.weight").toString()).isEqualTo("Q8_0[49152, 576]");
        assertThat(c.tensor("model.layers.29.self_attn.k_proj.weight").toString())
                .isEqualTo("Q4_1[192, 576]");
        assertThat(c.tensor("model.layers.0.mlp.down_proj.weight").toString()).isEqualTo("Q4_1[576, 1536]");
        assertThat(c.tensor("model.norm.weight").dtype()).isEqualTo(DType.F32);
        assertThat((List<?>) c.ggufMetadata().get("tokenizer.ggml.tokens")).hasSize(49152);
        Map<String, Object> json = Json.readObject(model.resolve("config.json"));
        for (String key : SIZES) {
            if (key.startsWith("rope") || key.equals("rms_norm_eps")) continue;
            assertThat(c.config().get(key)).as(key).isEqualTo(json.get(key));
        }
        assertThat(c.config()).containsEntry("rope_theta", 100000.0).containsEntry("unk_token_id", 0);
        assertThat(c.config()).doesNotContainKey("rope_parameters").containsEntry("rms_norm_eps", 1e-5);
        NonFinite.requireNone(c);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void a_llama_made_up_here_is_the_same_from_gguf_and_bin(int version) {
        TinyLlama model = new TinyLlama(true);
        Checkpoint gguf = Checkpoint.open(model.gguf(version).to(folder.resolve("a.gguf")), GgufBytes.LLAMA, arena);
        Checkpoint bin = Checkpoint.open(model.bin().to(folder.resolve("a.bin")), GgufBytes.LLAMA, arena);
        assertSame(gguf, bin, bin.config().keySet());
        assertThat(gguf.names()).contains("lm_head.weight");
        for (String name : List.of("q_proj", "k_proj", "v_proj")) {
            assertThat(Bytes.of(gguf.tensor("model.layers.0.self_attn." + name + ".weight")))
                    .as(name)
                    .isEqualTo(new Bytes().f32(model.hf(name)).array());
        }
        assertThat(gguf.hasGgufMetadata()).isTrue();
        assertThatThrownBy(bin::ggufMetadata).hasMessage(bin.path() + ": is llama2.c, expected GGUF");
    }

    @Test
    void output_weights_equal_to_the_embedding_are_tied() {
        TinyLlama model = new TinyLlama(false);
        Checkpoint c = Checkpoint.open(model.gguf(3).to(folder.resolve("a.gguf")), GgufBytes.LLAMA, arena);
        assertThat(c.file().names()).contains("output.weight");
        assertThat(c.has("lm_head.weight")).isFalse();
        assertThat(c.config()).containsEntry("tie_word_embeddings", true);
        assertThatThrownBy(() -> c.tensor("lm_head.weight"))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(c.path() + ": no tensor lm_head.weight");
    }

    @Test
    void a_config_beside_a_gguf_adds_what_it_lacks_and_may_not_contradict() {
        new TinyLlama(true).gguf(3).to(folder.resolve("a.gguf"));
        Path json = folder.resolve("config.json");
        Json.write(json, Map.of("hidden_size", 8, "rope_theta", 5.0, "initializer_range", 0.02, "vocab_size", 99));
        Checkpoint c = Checkpoint.open(folder, GgufBytes.LLAMA, arena);
        assertThat(c.config())
                .containsEntry("initializer_range", 0.02)
                .containsEntry("rope_theta", 10000.0)
                .containsEntry("vocab_size", 5);
        Json.write(json, Map.of("hidden_size", 64));
        assertThatThrownBy(() -> Checkpoint.open(folder, GgufBytes.LLAMA, arena))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(json + ": hidden_size is 64, expected 8 as in a.gguf, which lies beside it");
    }

    @Test
    void a_gguf_that_is_no_plain_llama_is_refused() {
        Path file = folder.resolve("a.gguf");
        new GgufBytes(3, 32).text("general.architecture", "qwen2").to(file);
        assertRefused(file, "general.architecture is qwen2, expected llama");
        GgufBytes.llama(3).to(file);
        assertRefused(file, "no tensor token_embd.weight");
        GgufBytes.llama(3).tensor("token_embd.weight", new float[12], 6, 2).to(file);
        assertRefused(file, "tensor token_embd.weight: shape is [2, 6], expected rows of 8");
        new TinyLlama(true)
                .gguf(3)
                .tensor("blk.0.ffn_gate_exps.weight", new float[8], 8)
                .to(file);
        assertRefused(file, "tensor blk.0.ffn_gate_exps.weight: has no place in a llama of 1 layers");
        new TinyLlama(true).gguf(3).u32("llama.rope.dimension_count", 2).to(file);
        assertRefused(file, "llama.rope.dimension_count is 2, expected 4, all values of a head");
        new TinyLlama(true).gguf(3).u32("llama.attention.value_length", 2).to(file);
        assertRefused(file, "llama.attention.value_length is 2, expected 4, as wide as keys");
        new TinyLlama(true).gguf(3).u32("llama.attention.key_length", 8).to(file);
        assertRefused(file, "tensor blk.0.attn_q.weight: 8 rows, expected 16 for 2 heads of 8");
        new GgufBytes(3, 32)
                .text("general.architecture", "llama")
                .u32("llama.block_count", -1)
                .to(file);
        assertRefused(file, "llama.block_count is 4294967295, expected a whole number from 1");
        new GgufBytes(3, 32)
                .text("general.architecture", "llama")
                .text("llama.block_count", "1")
                .to(file);
        assertRefused(file, "llama.block_count is 1, expected a whole number from 1");
    }

    @Test
    void a_stack_of_another_number_of_experts_is_refused() {
        Path file = new TinyLlama(true)
                .gguf(3)
                .u32("llama.expert_count", 3)
                .tensor("blk.0.ffn_gate_exps.weight", new float[16], 4, 2, 2)
                .to(folder.resolve("a.gguf"));
        List<GgufArchitecture> mixture =
                List.of(GgufArchitecture.of("llama", "mixtral").experts("num_local_experts"));
        assertThatThrownBy(() -> Checkpoint.open(file, mixture, arena))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": tensor blk.0.ffn_gate_exps.weight: shape is [2, 2, 4], expected a matrix for each"
                        + " of 3 experts");
    }

    @Test
    void a_count_of_layers_beyond_the_tensors_is_refused() {
        Path file = new GgufBytes(3, 32)
                .text("general.architecture", "llama")
                .u32("llama.block_count", Integer.MAX_VALUE)
                .u32("llama.attention.head_count", 1)
                .u32("llama.embedding_length", 2)
                .tensor("token_embd.weight", new float[2], 2, 1)
                .to(folder.resolve("a.gguf"));
        assertRefused(file, "llama.block_count is 2147483647, but there are 1 tensors");
    }

    private void assertRefused(Path file, String message) {
        assertThatThrownBy(() -> Checkpoint.open(file, GgufBytes.LLAMA, arena))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": " + message);
    }

    @Test
    void a_folder_says_what_it_lacks() {
        assertRefused(
                folder, "no weights, expected model.safetensors, model.safetensors.index.json, one .gguf or one .bin");
        new TinyLlama(true).gguf(3).to(folder.resolve("a.gguf"));
        new TinyLlama(true).gguf(3).to(folder.resolve("b.gguf"));
        assertRefused(folder, "2 files end in .gguf (a.gguf, b.gguf), expected one: name the file itself");
        Safetensors.write(folder.resolve("model.safetensors"), Map.of());
        assertRefused(folder, folder.resolve("config.json"), "cannot be read: no such file or folder");
        Path none = folder.resolve("none.safetensors");
        assertRefused(none, "cannot be read: no such file or folder");
    }

    private void assertRefused(Path opened, Path named, String message) {
        assertThatThrownBy(() -> Checkpoint.open(opened, GgufBytes.LLAMA, arena))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(named + ": " + message);
    }

    @Test
    void files_of_other_kinds_are_told_apart() {
        Path pickle = new Bytes().text("PK").raw((byte) 3, (byte) 4).to(folder.resolve("pytorch_model.bin"));
        assertRefused(pickle, "zip archive has no table at its end; it is cut off");
        assertRefused(
                new Bytes().raw((byte) 0x80, (byte) 2, (byte) 0x8a, (byte) 10).to(pickle),
                "was saved before PyTorch 1.6, by pickle alone; load it in PyTorch and save it again");
        // A width of 640 begins with the same two bytes as a pickle.
        assertRefused(new Bytes().i32(640).to(pickle), "4 bytes, expected at least 28");
        assertRefused(new Bytes().text("GGML").to(folder.resolve("a.gguf")), "does not start with GGUF");
        assertRefused(
                new Bytes().text("abcd").to(folder.resolve("a.txt")),
                "unknown kind of file, expected .safetensors, .gguf, .bin or .pt, or an index of the first or third");
    }

    @Test
    void tensors_die_with_the_arena() {
        Path file = new TinyLlama(true).bin().to(folder.resolve("a.bin"));
        Arena mine = Arena.ofConfined();
        var t = Checkpoint.open(file, GgufBytes.LLAMA, mine).tensor("model.norm.weight");
        mine.close();
        assertThatThrownBy(() -> Bytes.of(t)).isInstanceOf(IllegalStateException.class);
    }
}
