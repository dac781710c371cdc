package dev.gradine.export;

import dev.gradine.io.Json;
import dev.gradine.io.ModelFolder;
import dev.gradine.io.TensorSource;
import dev.gradine.models.Families;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
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
import java.util.Objects;
import java.util.SplittableRandom;

/// Model folders of two layers with random weights, of every family that is written as GGUF, with a tokenizer of bytes
/// and a chat template.
final class TinyModels {

    private TinyModels() {}

    /// The configuration of a family: two layers, heads of 32 values, a vocabulary of 264.
    static Map<String, Object> config(String modelType) {
        Map<String, Object> c = new LinkedHashMap<>();
        c.put("model_type", modelType);
        c.put("hidden_size", 64);
        c.put("intermediate_size", 96);
        c.put("num_hidden_layers", 2);
        c.put("num_attention_heads", 4);
        c.put("num_key_value_heads", 2);
        c.put("head_dim", 32);
        c.put("vocab_size", TinyText.TOKENS + 4);
        c.put("max_position_embeddings", 96);
        c.put("rms_norm_eps", 1e-5);
        c.put("rope_theta", 500.0);
        c.put("tie_word_embeddings", modelType.startsWith("gemma"));
        if (modelType.startsWith("gemma")) c.put("sliding_window", 5);
        if (modelType.startsWith("gemma") && !modelType.equals("gemma4_text")) c.put("query_pre_attn_scalar", 32);
        if (modelType.equals("gemma2")) {
            c.put("attn_logit_softcapping", 50.0);
            c.put("final_logit_softcapping", 3.0);
        }
        if (modelType.equals("gemma3_text")) c.put("rope_local_base_freq", 90.0);
        if (modelType.equals("smollm3")) c.put("num_hidden_layers", 4); // of which the last has no positions
        if (modelType.equals("falcon")) {
            c.put("ffn_hidden_size", Objects.requireNonNull(c.remove("intermediate_size")));
            c.remove("num_key_value_heads");
            c.remove("head_dim");
        }
        for (Map.Entry<String, String> e : LAYER_NORMS.entrySet()) {
            if (modelType.equals(e.getKey())) c.put(e.getValue(), Objects.requireNonNull(c.remove("rms_norm_eps")));
        }
        return c;
    }

    /// What each family with layer norms calls what is added to a variance.
    private static final Map<String, String> LAYER_NORMS =
            Map.of("cohere", "layer_norm_eps", "stablelm", "layer_norm_eps", "falcon", "layer_norm_epsilon");

    /// The same with other keys, too.
    static Map<String, Object> config(String modelType, Map<String, Object> more) {
        Map<String, Object> c = config(modelType);
        c.putAll(more);
        return c;
    }

    /// Writes a folder.
    static Path write(Path folder, Map<String, Object> config) {
        List<TensorSource> weights = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(7);
        try (Kernels run = CpuKernels.open()) {
            Families.builtIn()
                    .build(
                            new ModelConfig(config),
                            new Weights(
                                    (name, shape) -> {
                                        Tensor t = random(random, shape);
                                        weights.add(TensorSource.of(name, t));
                                        return t;
                                    },
                                    run));
            ModelFolder.write(folder, config, weights, List.of());
            Json.write(folder.resolve("tokenizer.json"), tokenizer());
            Json.write(folder.resolve("tokenizer_config.json"), TinyText.tokenizerConfig());
            Files.writeString(folder.resolve("chat_template.jinja"), TinyText.TEMPLATE);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Tensor random(SplittableRandom random, Shape shape) {
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (shape.rank() == 1 ? random.nextDouble(0.5, 1.5) : random.nextGaussian(0, 0.2));
        }
        return Tensor.of(Arena.ofAuto(), shape, values);
    }

    /// Byte-level BPE with two merges.
    static Map<String, Object> tokenizer() {
        return TinyText.tokenizer("t h", "th e");
    }
}
