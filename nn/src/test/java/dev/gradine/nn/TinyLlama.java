package dev.gradine.nn;

import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.Projections.Apart;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A decoder of two blocks like Llama's with random weights, for tests that need no golden values.
public final class TinyLlama {

    private static final int V = 37; // tokens
    private static final int C = 24; // channels
    private static final int M = 40; // channels of the feed-forward layer
    private static final int D = 6; // size of a head; 4 of queries, 2 of keys
    private static final int POSITIONS = 64;

    private TinyLlama() {}

    /// The model with its configuration changed: `tie_word_embeddings`, `attention_bias`, `mlp_bias`.
    public static Decoder of(Kernels run, Map<String, Boolean> changes) {
        return of(run, changes, POSITIONS);
    }

    /// A model of so many positions.
    public static Decoder of(Kernels run, int positions) {
        return of(run, Map.of(), positions);
    }

    private static Decoder of(Kernels run, Map<String, Boolean> changes, int positions) {
        Weights w = new Weights((name, shape) -> weight(run, name, shape), run);
        boolean bias = changes.getOrDefault("attention_bias", false);
        boolean mlpBias = changes.getOrDefault("mlp_bias", false);
        Rotary rotary = RopeFrequencies.of(10_000, D).rotary();
        Embedding e = w.embedding("model.embed_tokens", V, C);
        List<Decoder.Layer> layers = new ArrayList<>();
        for (int l = 0; l < 2; l++) {
            int number = l;
            Weights at = w.at("model.layers." + l);
            layers.add(w.layer(() -> new PreNorm(
                    norm(at, "input_layernorm"),
                    attention(at.at("self_attn"), number, bias, rotary),
                    norm(at, "post_attention_layernorm"),
                    gated(at.at("mlp"), mlpBias))));
        }
        Norm norm = norm(w, "model.norm");
        boolean tied = changes.getOrDefault("tie_word_embeddings", false);
        Linear head = tied ? w.tied("lm_head", e.weight()) : w.linear("lm_head", V, C, false);
        var ends = new Decoder.Ends(e::forward, List.of(e, e.weight()), norm, Head.of(head));
        return new Decoder(new Decoder.Sizes("tiny", C, V, positions), ends, layers, w);
    }

    public static Decoder of(Kernels run) {
        return of(run, Map.of());
    }

    private static Norm norm(Weights w, String path) {
        return new Norm.Rms(w.weight(path + ".weight", C), 1e-6f);
    }

    private static SelfAttention attention(Weights w, int layer, boolean bias, Rotary rotary) {
        var qkv = new Apart(
                w.linear("q_proj", 4 * D, C, bias),
                w.linear("k_proj", 2 * D, C, bias),
                w.linear("v_proj", 2 * D, C, bias),
                Projections.Steps.of(rotary::rotate));
        AttentionSpec heads = AttentionSpec.causal(4, 2, D, (float) (1 / Math.sqrt(D)));
        return new SelfAttention(qkv, w.linear("o_proj", C, 4 * D, bias), heads, layer);
    }

    private static Gated gated(Weights w, boolean bias) {
        return new Gated(
                Gated.SILU,
                w.linear("gate_proj", M, C, bias),
                w.linear("up_proj", M, C, bias),
                w.linear("down_proj", C, M, bias));
    }

    private static Tensor weight(Kernels run, String name, Shape shape) {
        float[] values = Cases.plain(name.hashCode(), shape.size(), 0.5f);
        if (shape.rank() == 1) for (int i = 0; i < values.length; i++) values[i] += name.endsWith("bias") ? 0 : 1;
        return run.of(shape, values);
    }
}
