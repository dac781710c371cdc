package dev.gradine.peft;

import dev.gradine.autograd.Tape;
import dev.gradine.models.Families;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.Weights;
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

    static CausalLm of(Kernels run, boolean tied) {
        return of(run, tied, 2);
    }

    static CausalLm of(Kernels run, boolean tied, int layers) {
        return of(run, tied, layers, 24, 40);
    }

    /// @param hidden number of channels
    /// @param inner number of channels of the feed-forward part
    static CausalLm of(Kernels run, boolean tied, int layers, int hidden, int inner) {
        Map<String, Object> config = Map.of(
                "model_type",
                "llama",
                "vocab_size",
                37,
                "hidden_size",
                hidden,
                "intermediate_size",
                inner,
                "num_hidden_layers",
                layers,
                "num_attention_heads",
                4,
                "num_key_value_heads",
                2,
                "attention_bias",
                true,
                "tie_word_embeddings",
                tied);
        return Families.builtIn()
                .build(new ModelConfig(config), new Weights((name, shape) -> weight(run, name, shape), run));
    }

    private static Tensor weight(Kernels run, String name, Shape shape) {
        float[] values = Cases.plain(name.hashCode(), shape.size(), 0.5f);
        if (name.endsWith("norm.weight")) for (int i = 0; i < values.length; i++) values[i] += 1;
        return run.of(shape, values);
    }

    /// Logits of every position of the sequences.
    static float[] logits(Policy policy, Kernels run, List<int[]> sequences) {
        try (Kernels k = run.openStep()) {
            return k.download(
                    policy.logits(Tape.noGrad(k), TokenBatch.of(sequences)).value());
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
