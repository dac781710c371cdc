package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.TextModel;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;

/// A family of models: which parts it is made of, under which names they are stored. `permits` is the table of
/// contents; `CustomFamily` is the open door.
public sealed interface Family
        permits Bert,
                Cohere,
                DeepSeek,
                DistilBert,
                Falcon,
                Gemma,
                Gemma2,
                Gemma3,
                Gemma4,
                Glm4,
                Glm4Moe,
                Gpt2,
                GptNeoX,
                GptOss,
                Granite,
                GraniteMoe,
                Lfm2,
                Llama,
                Llama4,
                Mamba2,
                Ministral3,
                Mistral,
                Mixtral,
                ModernBert,
                Olmo,
                Olmo2,
                Olmoe,
                Phi,
                Phi3,
                Qwen2,
                Qwen2Moe,
                Qwen3,
                Qwen3Moe,
                Qwen3Next,
                Qwen35,
                Roberta,
                SmolLm3,
                StableLm,
                StarCoder2,
                CustomFamily {

    /// Values of `model_type` in `config.json`.
    Set<String> modelTypes();

    /// How its models lie in GGUF files; empty where they are not read.
    default List<GgufArchitecture> gguf() {
        return List.of();
    }

    /// Keys of `config.json` that change nothing in this family, beside those that change nothing in any.
    default Set<String> withoutEffect() {
        return Set.of();
    }

    /// The model over its weights, in their own types; nothing is copied but small vectors that are not f32.
    ///
    /// @throws dev.gradine.nn.ConfigException names the key or weight that is missing or cannot be used
    TextModel build(ModelConfig config, Weights weights);
}
