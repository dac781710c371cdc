package dev.gradine.io;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Names of the tensors of a llama2.c file, and Hugging Face's.
final class Llama2cNames {

    static final String EMBEDDING = "model.embed_tokens.weight";
    static final String HEAD = "lm_head.weight";

    /// @param hf Hugging Face's, within a layer
    /// @param meta of the original files, within a layer
    record Row(String hf, String meta) {}

    /// Of every layer.
    static final List<Row> LAYER = List.of(
            new Row("input_layernorm", "attention_norm"),
            new Row("self_attn.q_proj", "attention.wq"),
            new Row("self_attn.k_proj", "attention.wk"),
            new Row("self_attn.v_proj", "attention.wv"),
            new Row("self_attn.o_proj", "attention.wo"),
            new Row("post_attention_layernorm", "ffn_norm"),
            new Row("mlp.gate_proj", "feed_forward.w1"),
            new Row("mlp.up_proj", "feed_forward.w3"),
            new Row("mlp.down_proj", "feed_forward.w2"));

    private Llama2cNames() {}

    /// Names of a llama2.c file.
    static Map<String, StoredName> of(Llama2c bin) {
        Map<String, StoredName> names = new LinkedHashMap<>();
        names.put(EMBEDDING, StoredName.as("tok_embeddings.weight"));
        for (int i = 0; i < bin.header().layers(); i++) {
            for (Row row : LAYER) {
                names.put(
                        "model.layers.%d.%s.weight".formatted(i, row.hf),
                        new StoredName(
                                "layers.%d.%s.weight".formatted(i, row.meta),
                                change(row, bin.header().heads(), bin.header().kvHeads()),
                                -1));
            }
        }
        names.put("model.norm.weight", StoredName.as("norm.weight"));
        if (bin.names().contains("output.weight") && !TiedHead.isTied(bin, "tok_embeddings.weight")) {
            names.put(HEAD, StoredName.as("output.weight"));
        }
        return names;
    }

    /// Rows of queries and keys are those of the original Llama.
    private static StoredChange change(Row row, int heads, int kvHeads) {
        return switch (row.hf) {
            case "self_attn.q_proj" -> StoredRows.pairs(heads);
            case "self_attn.k_proj" -> StoredRows.pairs(kvHeads);
            default -> StoredChange.NONE;
        };
    }
}
