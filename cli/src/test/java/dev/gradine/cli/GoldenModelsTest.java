package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Asked;
import dev.gradine.nn.generate.Continuation;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Checkpoints that `transformers` has run give the same numbers here.
class GoldenModelsTest {

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama-tied", "llama3-rope", "llama-linear-rope", "gemma2", "gpt2"})
    void score_writes_the_logits_of_transformers(String name) {
        Path model = Golden.golden("models/" + name);
        Path expected = model.resolve("expected.safetensors");
        Path out = temp.resolve("logits.safetensors");
        Cli.run("score", "--model", model, "--ids", expected, "--out", out).ok();
        double[] want = Values.doubles(Values.floats(expected, "logits"));
        Teeth.bite(Values.floats(out, "logits"), got -> Tolerance.logits().check(name, got, want));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama-tied", "llama3-rope", "llama-linear-rope", "gemma2", "gpt2"})
    void greedy_tokens_are_those_of_transformers(String name) {
        Path model = Golden.golden("models/" + name);
        Path expected = model.resolve("expected.safetensors");
        int[] prompt = Values.ints(expected, "greedy_prompt");
        int[] want = Values.ints(expected, "greedy");
        try (LoadedModel m = new LoadedModel(model)) {
            var request = WritingRule.of(SamplingParams.GREEDY, want.length, _ -> false);
            assertThat(new Generations(Policy.of(m.model()), m.run())
                            .one(prompt, request, new SplittableRandom(1), _ -> true))
                    .isEqualTo(want);
            List<Asked> all = List.of(
                    Asked.of(prompt, List.of(new SplittableRandom(1), new SplittableRandom(2))),
                    Asked.of(Arrays.copyOf(prompt, 3), List.of(new SplittableRandom(3))),
                    Asked.of(prompt, List.of(new SplittableRandom(4))));
            List<List<Continuation>> many = new Generations(Policy.of(m.model()), m.run()).run(all, request);
            for (Continuation w :
                    List.of(many.get(0).get(0), many.get(0).get(1), many.get(2).get(0))) {
                assertThat(w.tokens()).as("among others").isEqualTo(want);
            }
        }
    }
}
