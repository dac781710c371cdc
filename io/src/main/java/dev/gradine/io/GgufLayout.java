package dev.gradine.io;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where a Hugging Face tensor goes in a GGUF file of one architecture, and what is done to its values on the way: what
/// `GgufModel` undoes.
public final class GgufLayout {

    /// Factors by which angular frequencies are divided.
    public static final String ROPE_FACTORS = "rope_freqs.weight";

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final Pattern OF_LAYER = Pattern.compile("model\\.layers\\.(\\d+)\\.(.+)\\.(weight|bias)");
    private static final Pattern OF_MODEL = Pattern.compile("(.+)\\.(weight|bias)");

    private final GgufArchitecture arch;
    private final Map<String, Integer> interleaved;
    private final Map<String, String> ofLayer = new HashMap<>();
    private final Map<String, String> ofModel = new HashMap<>();

    /// @param heads number of query heads
    /// @param kvHeads number of key heads
    public GgufLayout(GgufArchitecture arch, int heads, int kvHeads) {
        this.arch = arch;
        interleaved = arch.interleaved() ? Map.of("attn_q", heads, "attn_k", kvHeads) : Map.of();
        // Two rows may name one module: the later one is that of the architectures with fewer norms.
        for (GgufNames.Row row : GgufNames.LAYER) {
            ofLayer.put(arch.moved().getOrDefault(row.gguf(), row.hf()), row.gguf());
        }
        for (GgufNames.Row row : GgufNames.MODEL) ofModel.put(row.hf(), row.gguf());
    }

    /// The architecture.
    public GgufArchitecture architecture() {
        return arch;
    }

    /// The name in the file, such as `blk.3.attn_q.weight`.
    ///
    /// @param hf such as `model.layers.3.self_attn.q_proj.weight`
    /// @throws IllegalArgumentException if the file has no place for it
    public String name(String hf) {
        Matcher layer = OF_LAYER.matcher(hf);
        if (layer.matches() && ofLayer.containsKey(layer.group(2))) {
            return "blk.%s.%s.%s".formatted(layer.group(1), ofLayer.get(layer.group(2)), layer.group(3));
        }
        Matcher model = OF_MODEL.matcher(hf);
        if (model.matches() && ofModel.containsKey(model.group(1))) {
            return ofModel.get(model.group(1)) + "." + model.group(2);
        }
        throw new IllegalArgumentException(
                "gguf: tensor %s has no place in a file of architecture %s".formatted(hf, arch.name()));
    }

    /// Whether the file holds this tensor's values plus 1.
    public boolean addsOne(String hf) {
        return arch.normPlusOne() && stem(name(hf)).endsWith("norm");
    }

    /// The tensor as the file holds it; see `addsOne` and `RotaryRows`.
    ///
    /// @param values in host memory, f32 where 1 is added
    /// @param arena of the copy, where there is one
    public Tensor stored(String hf, Tensor values, Arena arena) {
        int heads = interleaved.getOrDefault(stem(name(hf)), 0);
        if (heads > 0) return RotaryRows.toPairs(values, heads, arena);
        return addsOne(hf) ? plusOne(values, arena) : values;
    }

    /// The name within a block, without what follows: `attn_q`.
    static String stem(String gguf) {
        List<String> parts = List.of(gguf.split("\\."));
        return parts.get(parts.size() - 2);
    }

    private static Tensor plusOne(Tensor t, Arena arena) {
        float[] values = t.data().toArray(F32);
        for (int i = 0; i < values.length; i++) values[i] += 1;
        return Tensor.of(arena, t.shape(), values);
    }
}
