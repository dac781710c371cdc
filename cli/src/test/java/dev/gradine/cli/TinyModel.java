package dev.gradine.cli;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.TinyText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// A Llama of two layers with random weights, a tokenizer of bytes and a chat template: a whole model folder, made on
/// the spot.
public final class TinyModel {

    static final int VOCAB = TinyText.TOKENS;
    static final int DIM = 16;
    private static final int HIDDEN = 32;
    private static final int KV = 8; // one head of 8, shared by two

    private TinyModel() {}

    /// Writes the folder.
    public static Path write(Path folder) {
        return write(folder, 5);
    }

    /// Another model for another seed.
    static Path write(Path folder, long seed) {
        try {
            Files.createDirectories(folder);
            weights(folder.resolve("model.safetensors"), seed, shapes());
            Json.write(folder.resolve("config.json"), config());
            Json.write(folder.resolve("tokenizer.json"), TinyText.tokenizer());
            Json.write(folder.resolve("tokenizer_config.json"), TinyText.tokenizerConfig());
            Files.writeString(folder.resolve("chat_template.jinja"), TinyText.TEMPLATE);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The same with a head for scores.
    ///
    /// @param words whether it keeps the head for words; Hugging Face's `…ForSequenceClassification` has none
    static Path scorer(Path folder, boolean words) {
        write(folder);
        Map<String, Shape> all = shapes();
        Shape head = all.remove("lm_head.weight");
        all.put("score.weight", Shape.of(1, DIM));
        if (words) all.put("lm_head.weight", head);
        weights(folder.resolve("model.safetensors"), 5, all);
        return folder;
    }

    private static void weights(Path file, long seed, Map<String, Shape> shapes) {
        SplittableRandom random = new SplittableRandom(seed);
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> all = new LinkedHashMap<>();
            shapes.forEach((name, shape) -> {
                float[] values = new float[shape.size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = shape.rank() == 1 ? 1 : (float) random.nextGaussian(0, 0.2);
                }
                all.put(name, Tensor.of(arena, shape, values));
            });
            Safetensors.write(file, all);
        }
    }

    private static Map<String, Shape> shapes() {
        Map<String, Shape> all = new LinkedHashMap<>();
        all.put("model.embed_tokens.weight", Shape.of(VOCAB, DIM));
        for (int i = 0; i < 2; i++) {
            String layer = "model.layers." + i + ".";
            all.put(layer + "input_layernorm.weight", Shape.of(DIM));
            all.put(layer + "self_attn.q_proj.weight", Shape.of(DIM, DIM));
            all.put(layer + "self_attn.k_proj.weight", Shape.of(KV, DIM));
            all.put(layer + "self_attn.v_proj.weight", Shape.of(KV, DIM));
            all.put(layer + "self_attn.o_proj.weight", Shape.of(DIM, DIM));
            all.put(layer + "post_attention_layernorm.weight", Shape.of(DIM));
            all.put(layer + "mlp.gate_proj.weight", Shape.of(HIDDEN, DIM));
            all.put(layer + "mlp.up_proj.weight", Shape.of(HIDDEN, DIM));
            all.put(layer + "mlp.down_proj.weight", Shape.of(DIM, HIDDEN));
        }
        all.put("model.norm.weight", Shape.of(DIM));
        all.put("lm_head.weight", Shape.of(VOCAB, DIM));
        return all;
    }

    private static Map<String, Object> config() {
        Map<String, Object> c = new LinkedHashMap<>();
        c.put("architectures", List.of("LlamaForCausalLM"));
        c.put("model_type", "llama");
        c.put("hidden_size", DIM);
        c.put("intermediate_size", HIDDEN);
        c.put("num_hidden_layers", 2);
        c.put("num_attention_heads", 2);
        c.put("num_key_value_heads", 1);
        c.put("vocab_size", VOCAB);
        c.put("max_position_embeddings", 128);
        c.put("rms_norm_eps", 1e-5);
        c.put("rope_theta", 10000.0);
        c.put("hidden_act", "silu");
        c.put("tie_word_embeddings", false);
        c.put("bos_token_id", 256);
        c.put("eos_token_id", 258);
        return c;
    }

    /// Rows of tokens for `sft`, which need no tokenizer: `count` of `length` tokens, drawn from `seed`.
    static Path tokenRows(Path file, int count, int length, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder text = new StringBuilder();
        for (int r = 0; r < count; r++) {
            List<Integer> ids = new ArrayList<>();
            for (int t = 0; t < length; t++) ids.add(random.nextInt(VOCAB));
            text.append(Json.line(Map.of("input_ids", ids))).append('\n');
        }
        return text(file, text.toString());
    }

    /// Pairs of answers for `dpo`, as plain text.
    static Path pairs(Path file, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("prompt", "Count to " + i + ":");
            row.put("chosen", " one, two, " + "and ".repeat(i % 3) + i);
            row.put("rejected", " no, not to " + i);
            text.append(Json.line(row)).append('\n');
        }
        return text(file, text.toString());
    }

    static Path text(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
