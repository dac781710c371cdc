package dev.gradine.io;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/// One random Llama layer, as Hugging Face would have it, and the two files it makes. Dim 8, hidden 6, 2 heads of 4,
/// 1 kv head, vocabulary 5, context 16.
final class TinyLlama {

    private final Map<String, float[]> hf = new LinkedHashMap<>();
    private final boolean ownHead;

    /// @param ownHead whether output weights differ from the embedding
    TinyLlama(boolean ownHead) {
        this.ownHead = ownHead;
        Random random = new Random(7);
        Map<String, Integer> sizes = new LinkedHashMap<>();
        sizes.put("embed", 40);
        sizes.put("norm1", 8);
        sizes.put("q_proj", 64);
        sizes.put("k_proj", 32);
        sizes.put("v_proj", 32);
        sizes.put("o_proj", 64);
        sizes.put("norm2", 8);
        sizes.put("gate", 48);
        sizes.put("down", 48);
        sizes.put("up", 48);
        sizes.put("norm", 8);
        sizes.put("head", 40);
        sizes.forEach((name, n) -> {
            float[] v = new float[n];
            for (int i = 0; i < n; i++) v[i] = random.nextFloat();
            hf.put(name, v);
        });
        if (!ownHead) hf.put("head", hf("embed"));
    }

    /// Values as Hugging Face orders them.
    float[] hf(String name) {
        return hf.getOrDefault(name, new float[0]);
    }

    /// The conversion as it is published: `w.reshape(heads, 2, D / 2, in).swapaxes(1, 2)`, index by index.
    private float[] interleaved(String name, int heads) {
        float[] w = hf(name);
        float[] out = new float[w.length];
        int at = 0;
        for (int h = 0; h < heads; h++) {
            for (int i = 0; i < 2; i++) {
                for (int side = 0; side < 2; side++) {
                    for (int c = 0; c < 8; c++) out[at++] = w[((h * 2 + side) * 2 + i) * 8 + c];
                }
            }
        }
        return out;
    }

    GgufBytes gguf(int version) {
        return GgufBytes.llama(version)
                .tensor("token_embd.weight", hf("embed"), 8, 5)
                .tensor("output_norm.weight", hf("norm"), 8)
                .tensor("output.weight", hf("head"), 8, 5)
                .tensor("blk.0.attn_norm.weight", hf("norm1"), 8)
                .tensor("blk.0.attn_q.weight", interleaved("q_proj", 2), 8, 8)
                .tensor("blk.0.attn_k.weight", interleaved("k_proj", 1), 8, 4)
                .tensor("blk.0.attn_v.weight", hf("v_proj"), 8, 4)
                .tensor("blk.0.attn_output.weight", hf("o_proj"), 8, 8)
                .tensor("blk.0.ffn_norm.weight", hf("norm2"), 8)
                .tensor("blk.0.ffn_gate.weight", hf("gate"), 8, 6)
                .tensor("blk.0.ffn_down.weight", hf("down"), 6, 8)
                .tensor("blk.0.ffn_up.weight", hf("up"), 8, 6);
    }

    Bytes bin() {
        Bytes b = new Bytes()
                .i32(8, 6, 1, 2, 1, ownHead ? -5 : 5, 16)
                .f32(hf("embed"))
                .f32(hf("norm1"))
                .f32(interleaved("q_proj", 2))
                .f32(interleaved("k_proj", 1))
                .f32(hf("v_proj"))
                .f32(hf("o_proj"))
                .f32(hf("norm2"))
                .f32(hf("gate"))
                .f32(hf("down"))
                .f32(hf("up"))
                .f32(hf("norm"))
                .zeros(16 * 4 * 4);
        return ownHead ? b.f32(hf("head")) : b;
    }
}
