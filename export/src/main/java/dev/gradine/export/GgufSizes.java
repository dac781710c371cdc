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
        for (Weight w : weights) {
            if (names.has(GgufHeader.name(w)))
                shapes.putIfAbsent(withoutBlock(names.name(GgufHeader.name(w))), w.shape());
        }
        Shape table = shape(shapes, "token_embd.weight");
        int inner = inner(arch, config, shapes);
        if (!arch.says("attention.head_count")) return new GgufSizes(table.dim(0), table.dim(1), 0, 0, 0, inner);
        int heads = config.positive(arch.hf("attention.head_count"));
        int headDim = arch.says("attention.key_length")
                ? shape(shapes, "attn_output.weight").dim(1) / heads
                : config.positive(arch.hf("rope.dimension_count"));
        int keyHeads = arch.says("attention.head_count_kv") ? keyHeads(shapes, heads, headDim) : heads;
        return new GgufSizes(table.dim(0), table.dim(1), heads, keyHeads, headDim, inner);
    }

    /// The same for every block.
    private static String withoutBlock(String name) {
        return name.replaceFirst("^blk\\.\\d+\\.", "");
    }

    private static int keyHeads(Map<String, Shape> shapes, int heads, int headDim) {
        @Nullable Shape keys = shapes.get("attn_k.weight");
        return keys == null ? (shape(shapes, "attn_qkv.weight").dim(0) / headDim - heads) / 2 : keys.dim(0) / headDim;
    }

    private static int inner(GgufArchitecture arch, ModelConfig config, Map<String, Shape> shapes) {
        String key = arch.hf("feed_forward_length");
        @Nullable Shape down = shapes.getOrDefault("ffn_down.weight", shapes.get("ffn_down_exps.weight"));
        if (!shapes.containsKey("ffn_down.weight") && config.has(key)) return config.positive(key);
        return down == null ? 0 : down.dim(1);
    }

    private static Shape shape(Map<String, Shape> shapes, String name) {
        @Nullable Shape shape = shapes.get(name);
        if (shape != null) return shape;
        throw new IllegalArgumentException(
                "gguf: the model has no tensor %s, which its file must have".formatted(name));
    }
}
