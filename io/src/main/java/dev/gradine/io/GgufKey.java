package dev.gradine.io;

import java.util.List;

/// A number or switch of a model, under its key in GGUF's metadata, without the architecture, and its key in Hugging
/// Face's configuration.
///
/// @param hf empty for a size that the configuration of this family has no key for
/// @param otherwise what a configuration without the key means; NaN where it means nothing, and none is written
public record GgufKey(String gguf, String hf, Kind kind, double otherwise) {

    /// What a value is.
    public enum Kind {
        /// A size that every file has, and that the shapes of weights or other sizes tell.
        SIZE,
        /// A whole number.
        WHOLE,
        /// A number above 0.
        REAL,
        /// True or false, otherwise 1 or 0.
        FLAG
    }

    /// How fast queries grow with their position.
    public static final String GROWTH = "attention.temperature_scale";

    static final String CONTEXT = "context_length";
    static final String HIDDEN = "embedding_length";
    static final String LAYERS = "block_count";
    static final String INNER = "feed_forward_length";
    static final String HEADS = "attention.head_count";
    static final String KEY_HEADS = "attention.head_count_kv";
    static final String KEY_WIDTH = "attention.key_length";

    /// In most architectures.
    static final List<GgufKey> USUAL = List.of(
            new GgufKey(CONTEXT, "max_position_embeddings", Kind.SIZE, 2048),
            size(HIDDEN, "hidden_size"),
            size(LAYERS, "num_hidden_layers"),
            size(INNER, "intermediate_size"),
            size(HEADS, "num_attention_heads"),
            size(KEY_HEADS, "num_key_value_heads"),
            size(KEY_WIDTH, "head_dim"));

    private static GgufKey size(String gguf, String hf) {
        return new GgufKey(gguf, hf, Kind.SIZE, Double.NaN);
    }
}
