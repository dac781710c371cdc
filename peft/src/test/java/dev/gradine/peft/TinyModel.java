package dev.gradine.peft;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.Llama;
import dev.gradine.nn.LlamaConfig;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import java.util.List;
import java.util.Map;

/// A Llama of two blocks with random weights, and what it computes of a few tokens.
final class TinyModel {

    static final int[] TOKENS = {3, 30, 0, 36, 5, 5, 9};

    private TinyModel() {}

    static Llama of(Kernels run, boolean tied) {
        return of(run, tied, 2);
    }

    static Llama of(Kernels run, boolean tied, int layers) {
        Map<String, Object> config = Map.of(
                "vocab_size", 37,
                "hidden_size", 24,
                "intermediate_size", 40,
                "num_hidden_layers", layers,
                "num_attention_heads", 4,
                "num_key_value_heads", 2,
                "attention_bias", true,
                "tie_word_embeddings", tied);
        return new Llama(LlamaConfig.of(config), name -> weight(run, name), run);
    }

    private static Tensor weight(Kernels run, String name) {
        Shape shape = shape(name);
        float[] values = Cases.plain(name.hashCode(), shape.size(), 0.5f);
        if (name.endsWith("norm.weight")) for (int i = 0; i < values.length; i++) values[i] += 1;
        return run.of(shape, values);
    }

    private static Shape shape(String name) {
        String[] path = name.split("\\.", -1);
        Shape weight = switch (path[path.length - 2]) {
            case "embed_tokens", "lm_head" -> Shape.of(37, 24);
            case "q_proj", "o_proj" -> Shape.of(24, 24);
            case "k_proj", "v_proj" -> Shape.of(12, 24);
            case "gate_proj", "up_proj" -> Shape.of(40, 24);
            case "down_proj" -> Shape.of(24, 40);
            case "norm", "input_layernorm", "post_attention_layernorm" -> Shape.of(24);
            default -> throw new IllegalArgumentException("no weight " + name);
        };
        return name.endsWith(".bias") ? Shape.of(weight.dim(0)) : weight;
    }

    /// Logits of every position of the sequences.
    static float[] logits(Policy policy, Kernels run, List<int[]> sequences) {
        try (Kernels k = run.openStep()) {
            return k.download(
                    policy.logits(Tape.forgetting(k), TokenBatch.of(sequences)).value());
        }
    }

    static float[] logits(Policy policy, Kernels run) {
        return logits(policy, run, List.of(TOKENS));
    }

    /// Moves every trained value, so that a fresh adapter is no longer the identity.
    static void perturb(AdapterSet m, Kernels run) {
        perturb(m, run, 100);
    }

    static void perturb(AdapterSet m, Kernels run, int firstSeed) {
        int seed = firstSeed;
        for (var p : m.params()) {
            Tensor noise =
                    run.of(p.value().shape(), Cases.plain(seed++, p.value().size(), 0.3f));
            run.elementwise().axpy(1, noise, p.value());
        }
    }
}
