package dev.gradine.io;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Names of a Llama's tensors in the three spellings in use.
final class LlamaNames {

    static final String EMBEDDING = "model.embed_tokens.weight";
    static final String HEAD = "lm_head.weight";

    /// @param hf Hugging Face's, within a layer or the model
    /// @param gguf within a block
    /// @param meta of the original files, within a layer
    record Row(String hf, String gguf, String meta) {}

    /// Of the whole model.
    static final List<Row> MODEL = List.of(
            new Row("model.embed_tokens", "token_embd", "tok_embeddings"),
            new Row("model.norm", "output_norm", "norm"),
            new Row("lm_head", "output", "output"));

    /// Of every layer.
    static final List<Row> LAYER = List.of(
            new Row("input_layernorm", "attn_norm", "attention_norm"),
            new Row("self_attn.q_proj", "attn_q", "attention.wq"),
            new Row("self_attn.k_proj", "attn_k", "attention.wk"),
            new Row("self_attn.v_proj", "attn_v", "attention.wv"),
            new Row("self_attn.o_proj", "attn_output", "attention.wo"),
            new Row("post_attention_layernorm", "ffn_norm", "ffn_norm"),
            new Row("mlp.gate_proj", "ffn_gate", "feed_forward.w1"),
            new Row("mlp.up_proj", "ffn_up", "feed_forward.w3"),
            new Row("mlp.down_proj", "ffn_down", "feed_forward.w2"));

    private LlamaNames() {}

    /// Names of a llama2.c file.
    static Map<String, StoredName> of(Llama2c bin) {
        Map<String, StoredName> names = new LinkedHashMap<>();
        names.put(EMBEDDING, new StoredName("tok_embeddings.weight", 0));
        for (int i = 0; i < bin.header().layers(); i++) {
            for (Row row : LAYER) {
                names.put(
                        "model.layers.%d.%s.weight".formatted(i, row.hf),
                        new StoredName(
                                "layers.%d.%s.weight".formatted(i, row.meta),
                                heads(row, bin.header().heads(), bin.header().kvHeads())));
            }
        }
        names.put("model.norm.weight", new StoredName("norm.weight", 0));
        if (bin.names().contains("output.weight") && !isTied(bin, "tok_embeddings.weight")) {
            names.put(HEAD, new StoredName("output.weight", 0));
        }
        return names;
    }

    /// Heads whose rows a row of the table interleaves, or 0.
    static int heads(Row row, int heads, int kvHeads) {
        return switch (row.hf) {
            case "self_attn.q_proj" -> heads;
            case "self_attn.k_proj" -> kvHeads;
            default -> 0;
        };
    }

    /// Whether the file has no output weights of its own, or a copy of the embedding.
    static boolean isTied(WeightFile file, String embedding) {
        if (!file.names().contains("output.weight")) return true;
        TensorInfo e = info(file, embedding);
        TensorInfo o = info(file, "output.weight");
        if (!e.dtype().equals(o.dtype()) || !e.shape().equals(o.shape())) return false;
        MemorySegment a = file.tensor(embedding).data();
        return a.mismatch(file.tensor("output.weight").data()) < 0;
    }

    private static TensorInfo info(WeightFile file, String name) {
        for (TensorInfo t : file.tensors()) if (t.name().equals(name)) return t;
        throw new CheckpointException(file.path(), "no tensor " + name);
    }
}
