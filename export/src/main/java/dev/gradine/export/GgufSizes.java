package dev.gradine.export;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufLayout;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Sizes of a model as its weights tell them.
///
/// @param hidden channels C
/// @param heads query heads H
/// @param keyHeads key heads G
/// @param headDim channels of a head D
/// @param inner channels I of a feed-forward layer, or of an expert
record GgufSizes(int vocab, int hidden, int heads, int keyHeads, int headDim, int inner) {

    static GgufSizes of(GgufArchitecture arch, ModelConfig config, List<Weight> weights) {
        GgufLayout names = new GgufLayout(arch);
        Map<String, Shape> shapes = new HashMap<>();
        for (Weight w : weights)
            if (names.has(GgufHeader.name(w))) shapes.put(names.name(GgufHeader.name(w)), w.shape());
        Shape table = shape(shapes, "token_embd.weight");
        int heads = config.positive(arch.hf("attention.head_count"));
        int headDim = shape(shapes, "blk.0.attn_output.weight").dim(1) / heads;
        @Nullable Shape all = shapes.get("blk.0.attn_qkv.weight");
        int keyHeads = all == null
                ? shape(shapes, "blk.0.attn_k.weight").dim(0) / headDim
                : (all.dim(0) / headDim - heads) / 2;
        String key = arch.hf("feed_forward_length");
        @Nullable Shape down = shapes.getOrDefault("blk.0.ffn_down.weight", shapes.get("blk.0.ffn_down_exps.weight"));
        int inner = shapes.containsKey("blk.0.ffn_down.weight") || !config.has(key)
                ? (down == null ? 0 : down.dim(1))
                : config.positive(key);
        return new GgufSizes(table.dim(0), table.dim(1), heads, keyHeads, headDim, inner);
    }

    private static Shape shape(Map<String, Shape> shapes, String name) {
        @Nullable Shape shape = shapes.get(name);
        if (shape != null) return shape;
        throw new IllegalArgumentException(
                "gguf: the model has no tensor %s, which its file must have".formatted(name));
    }
}
