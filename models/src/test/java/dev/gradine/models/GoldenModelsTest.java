package dev.gradine.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every family against what transformers computes with a small model of it.
class GoldenModelsTest {

    static List<String> models() {
        return List.of(
                "llama",
                "llama-tied",
                "llama3-rope",
                "llama-linear-rope",
                "llama-yarn",
                "llama4",
                "lfm2",
                "mamba2",
                "mistral",
                "mistral-window",
                "ministral3",
                "mixtral",
                "smollm3-nope",
                "qwen2",
                "qwen2-moe",
                "qwen3",
                "qwen3-moe",
                "qwen3-next",
                "qwen3.5",
                "gemma",
                "gemma2",
                "gemma3",
                "gemma4",
                "gpt2",
                "gpt-neox",
                "gpt-oss",
                "olmo2",
                "olmoe",
                "granite",
                "stablelm",
                "starcoder2",
                "phi",
                "phi3-longrope",
                "falcon",
                "cohere2",
                "deepseek-v3",
                "glm4",
                "glm4-moe");
    }

    @ParameterizedTest
    @MethodSource("models")
    void logits_are_the_references(String name) {
        try (GoldenModel g = new GoldenModel(name)) {
            g.assertLogits(name);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void greedy_text_is_the_references(String name) {
        try (GoldenModel g = new GoldenModel(name)) {
            int[] prompt = g.tokens("greedy_prompt").getFirst();
            int[] expected = g.tokens("greedy").getFirst();
            boolean withPrompt = Arrays.equals(Arrays.copyOf(expected, prompt.length), prompt);
            int[] answer = withPrompt ? Arrays.copyOfRange(expected, prompt.length, expected.length) : expected;
            var request = WritingRule.of(SamplingParams.GREEDY, answer.length, _ -> false);
            int[] written =
                    new Generations(Policy.of(g.model), g.run).one(prompt, request, new SplittableRandom(1), _ -> true);
            assertThat(written).isEqualTo(answer);
        }
    }
}
