package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.lab.base.StoryFiles;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Many prompts at once: what each is answered alone, on the CPU and on the simulator.
class GeneratePromptsTest {

    private static final List<String> PROMPTS =
            List.of("One day, a dog found a red ball.", "Lily", "Tom and Sue went to the park.");

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() throws IOException {
        StoryFiles.copyTo(temp);
        Files.write(temp.resolve("prompts.txt"), PROMPTS);
    }

    private Cli generate(Object... more) {
        List<Object> all = new ArrayList<>(List.of("generate", "--model", temp.resolve("model"), "--raw"));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    private List<Map<String, Object>> together(Object... more) throws IOException {
        List<Object> all = new ArrayList<>(List.of("--prompts", temp.resolve("prompts.txt")));
        all.addAll(Arrays.asList(more));
        Path out = temp.resolve("out.jsonl");
        Files.writeString(out, generate(all.toArray()).ok().out());
        return Values.jsonLines(out);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "0.9"})
    void each_gets_the_answer_it_gets_alone(String temperature) throws IOException {
        Object[] rule = {"--temperature", temperature, "--max-tokens", 12};
        List<Map<String, Object>> got = together("--temperature", temperature, "--max-tokens", 12, "--seed", 5);
        assertThat(got).hasSize(3);
        for (int i = 0; i < 3; i++) {
            List<Object> one = new ArrayList<>(List.of("--prompt", PROMPTS.get(i), "--seed", 5 + i));
            one.addAll(Arrays.asList(rule));
            String alone = generate(one.toArray()).ok().out();
            assertThat(got.get(i)).containsEntry("prompt", PROMPTS.get(i));
            assertThat(String.valueOf(got.get(i).get("completion")).strip())
                    .isEqualTo(alone.substring(PROMPTS.get(i).length()).strip())
                    .isNotEmpty();
        }
    }

    @Test
    void the_simulator_answers_as_the_cpu_does() throws IOException {
        Object[] rule = {"--temperature", "0.8", "--max-tokens", 5};
        List<Map<String, Object>> cpu = together(rule);
        assertThat(together("--temperature", "0.8", "--max-tokens", 5, "--device", "sim"))
                .isEqualTo(cpu);
    }

    @Test
    void several_texts_of_a_prompt_are_those_of_as_many_seeds() throws IOException {
        List<Map<String, Object>> got = together("--n", 2, "--max-tokens", 8, "--seed", 5);
        for (int i = 0; i < 3; i++) {
            List<String> want = new ArrayList<>();
            for (int seed : new int[] {5 + 2 * i, 6 + 2 * i}) {
                String alone = generate("--prompt", PROMPTS.get(i), "--max-tokens", 8, "--seed", seed)
                        .ok()
                        .out();
                want.add(alone.substring(PROMPTS.get(i).length()).strip());
            }
            assertThat(got.get(i).get("completions"))
                    .asInstanceOf(InstanceOfAssertFactories.list(String.class))
                    .extracting(String::strip)
                    .isEqualTo(want);
        }
    }

    @Test
    void drafts_change_no_text() throws IOException {
        Object[] rule = {"--max-tokens", 24, "--temperature", "0.5"};
        List<Map<String, Object>> plain = together(rule);
        assertThat(together("--max-tokens", 24, "--temperature", "0.5", "--prompt-lookup", 3))
                .isEqualTo(plain);
        assertThat(together("--max-tokens", 24, "--temperature", "0.5", "--draft-model", temp.resolve("model")))
                .isEqualTo(plain);
        generate("--prompt", "a", "--prompt-lookup", 3, "--draft-model", temp.resolve("model"))
                .refuses("--draft-model and --prompt-lookup are both given, expected one of them");
        generate("--prompt", "a", "--draft-model", Golden.golden("trl/base"))
                .refuses("--draft-model: " + Golden.golden("trl/base")
                        + " has a vocabulary of 260 tokens, expected 512, as the model has");
    }

    @Test
    void a_stop_ends_a_text_and_is_not_part_of_it() {
        Object[] rule = {"--prompt", "Lily", "--temperature", 0, "--max-tokens", 40};
        String whole = generate(rule).ok().out();
        int at = whole.indexOf(" a ");
        assertThat(at).isPositive();
        Object[] stopped = Arrays.copyOf(rule, rule.length + 2);
        stopped[rule.length] = "--stop";
        stopped[rule.length + 1] = " a ";
        assertThat(generate(stopped).ok().out().stripTrailing())
                .isEqualTo(whole.substring(0, at).stripTrailing());
    }

    @Test
    void a_bias_decides_and_an_unknown_token_is_refused() {
        String want = "--- 1 of 2\nLily";
        Cli biased = generate("--prompt", "Lily", "--n", 2, "--max-tokens", 3, "--logit-bias", "300=100");
        String[] texts = biased.ok().out().replace("\r", "").split("--- 2 of 2\n", 2);
        assertThat(texts[0]).startsWith(want);
        assertThat(texts[0].substring("--- 1 of 2\n".length())).isEqualTo(texts[1]);
        generate("--prompt", "a", "--logit-bias", "99999=1").refuses("--logit-bias: token 99999, expected 0 to 511");
        generate("--prompt", "a", "--min-p", "1").refuses("min-p: 1.0, expected at least 0 and below 1");
    }

    @Test
    void refuses_none_and_both_and_nothing() throws IOException {
        generate().refuses("--prompt and --prompts: none given, expected one of them");
        generate("--prompt", "a", "--prompts", temp.resolve("prompts.txt"))
                .refuses("--prompt and --prompts: both given, expected one of them");
        Path empty = Files.createFile(temp.resolve("empty.txt"));
        generate("--prompts", empty).refuses("--prompts " + empty + ": is empty, expected a line");
    }

    @Test
    void beams_find_texts_that_are_no_less_likely_than_the_greedy_one() throws IOException {
        List<Map<String, Object>> one = together("--beams", 1, "--max-tokens", 8);
        List<Map<String, Object>> greedy = together("--temperature", 0, "--max-tokens", 8);
        assertThat(one).isEqualTo(greedy);
        List<Map<String, Object>> found = together("--beams", 4, "--n", 2, "--max-tokens", 8);
        for (Map<String, Object> line : found) {
            assertThat(line.get("completions"))
                    .asInstanceOf(InstanceOfAssertFactories.LIST)
                    .hasSize(2)
                    .doesNotHaveDuplicates();
        }
        String best = generate("--prompt", PROMPTS.getFirst(), "--beams", 4, "--max-tokens", 8)
                .ok()
                .out();
        assertThat(found.getFirst().get("completions"))
                .asInstanceOf(InstanceOfAssertFactories.LIST)
                .first()
                .isEqualTo(best.substring(PROMPTS.getFirst().length()).stripTrailing());
    }

    @Test
    void options_that_have_no_effect_on_beams_are_refused() throws IOException {
        String message = "--temperature has no effect with --beams: nothing is drawn; leave it out";
        generate("--prompt", "a", "--beams", 2, "--temperature", 1).refuses(message);
        Path file = Files.writeString(temp.resolve("options.yaml"), "temperature: 0.5\n");
        generate("--config", file, "--prompt", "a", "--beams", 2).refuses(message);
        generate("--prompt", "a", "--beams", 2, "--n", 3).refuses("--beams: 2, expected at least --n, 3");
        generate("--prompt", "a", "--length-penalty", 2).refuses("--length-penalty is of --beams, expected both");
        generate("--prompt", "a", "--beams", 2, "--early-stopping", "maybe")
                .refuses("--early-stopping: \"maybe\", expected true, false or never");
    }
}
