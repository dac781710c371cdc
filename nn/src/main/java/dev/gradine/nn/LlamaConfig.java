package dev.gradine.nn;

import java.util.Map;

/// Sizes of a Llama model, as its `config.json` gives them.
///
/// @param vocabSize tokens V
/// @param hidden channels C
/// @param intermediate channels of the feed-forward layer
/// @param layers number of blocks
/// @param heads query heads H
/// @param kvHeads key and value heads G, a divisor of H
/// @param headDim size of one head D, even
/// @param maxPositions longest sequence, tokens
/// @param normEps added to the mean square in every norm
/// @param rope frequencies of the position embedding
/// @param tied whether the head is the embedding's own weight
/// @param attentionBias whether q, k, v, o have biases
/// @param mlpBias whether gate, up, down have biases
public record LlamaConfig(
        int vocabSize,
        int hidden,
        int intermediate,
        int layers,
        int heads,
        int kvHeads,
        int headDim,
        int maxPositions,
        float normEps,
        RopeFrequencies rope,
        boolean tied,
        boolean attentionBias,
        boolean mlpBias) {

    /// @throws ConfigException if the sizes do not fit together
    public LlamaConfig {
        if (heads % kvHeads != 0) {
            throw ConfigKeys.wrong("num_key_value_heads", kvHeads, "a divisor of num_attention_heads " + heads);
        }
        if (headDim % 2 != 0) throw ConfigKeys.wrong("head_dim", headDim, "an even number");
    }

    /// Reads a Hugging Face `config.json` of model type `llama`.
    ///
    /// @throws ConfigException names the key that is missing or cannot be used
    public static LlamaConfig of(Map<String, ?> json) {
        ConfigKeys c = new ConfigKeys(json);
        String type = c.text("model_type", "llama");
        if (!type.equals("llama")) throw ConfigKeys.wrong("model_type", type, "\"llama\"");
        String act = c.text("hidden_act", "silu");
        if (!act.equals("silu")) throw ConfigKeys.wrong("hidden_act", act, "\"silu\"");
        int hidden = c.positive("hidden_size");
        int heads = c.positive("num_attention_heads");
        if (!c.has("head_dim") && hidden % heads != 0) {
            throw ConfigKeys.wrong("hidden_size", hidden, "a multiple of num_attention_heads " + heads);
        }
        int headDim = c.positive("head_dim", Math.max(1, hidden / heads));
        int maxPositions = c.positive("max_position_embeddings", 2048);
        return new LlamaConfig(
                c.positive("vocab_size"),
                hidden,
                c.positive("intermediate_size"),
                c.positive("num_hidden_layers"),
                heads,
                c.positive("num_key_value_heads", heads),
                headDim,
                maxPositions,
                (float) c.real("rms_norm_eps", 1e-6),
                RopeFrequencies.of(c, headDim),
                c.flag("tie_word_embeddings", false),
                c.flag("attention_bias", false),
                c.flag("mlp_bias", false));
    }
}
