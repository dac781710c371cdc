package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.lab.base.StoryFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Online DPO from the command line.
class OnlineDpoRunTest {

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() throws IOException {
        TinyModel.write(temp.resolve("model"));
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 7; i++) rows.add("{\"prompt\": \"Say %d\"}".formatted(i));
        Files.write(temp.resolve("data.jsonl"), rows);
    }

    private Cli run(String command, String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of(command, "--out", temp.resolve(out)));
        all.addAll(List.of("--model", temp.resolve("model"), "--rank", 4, "--samples", 0, "--lr", 0.01));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    private Cli online(String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("--data", temp.resolve("data.jsonl"), "--max-completion", 6));
        all.addAll(Arrays.asList(more));
        return run("online-dpo", out, all.toArray());
    }

    @Test
    void the_exact_reward_of_stories_rises() throws IOException {
        StoryFiles.copyTo(temp.resolve("stories"));
        String row = "{\"prompt\": \"One day, Lily found a red ball.\"}";
        Files.write(temp.resolve("data.jsonl"), Collections.nCopies(16, row));
        List<Object> args = new ArrayList<>(List.of("online-dpo", "--out", temp.resolve("run")));
        args.addAll(List.of("--model", temp.resolve("stories/model"), "--data", temp.resolve("data.jsonl")));
        args.addAll(List.of("--reward", "regex:very", "--schedule", "constant", "--steps", 16, "--batch", 32));
        args.addAll(List.of("--max-completion", 12, "--lr", 0.003, "--samples", 0, "--rank", 4));
        Cli.run(args.toArray()).ok();
        List<Map<String, Object>> steps = Values.metrics(temp.resolve("run"));
        double first = mean(steps.subList(0, 3));
        double last = mean(steps.subList(13, 16));
        assertThat(first).isBetween(0.05, 0.6);
        assertThat(last).isGreaterThan(first + 0.15);
        assertThat(Values.number(steps.getFirst(), "ties")).isBetween(0.1, 0.9);
        assertThat(Values.number(steps.getFirst(), "objective/kl")).isZero();
        assertThat(Values.number(steps.getFirst(), "loss")).isCloseTo(Math.log(2), within(1e-6));
    }

    private static double mean(List<Map<String, Object>> steps) {
        return steps.stream()
                .mapToDouble(s -> Values.number(s, "reward"))
                .average()
                .orElseThrow();
    }

    @Test
    void from_given_answers_it_learns_what_dpo_learns_from_the_pair() throws IOException {
        List<String> given = new ArrayList<>();
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            String first = "It is %d.".formatted(i);
            String second = "No idea, %d?".formatted(2 * i);
            boolean isFirst = i % 2 == 0;
            given.add("{\"prompt\": \"Say %d:\", \"completions\": [\"%s\", \"%s\"], \"rewards\": [%d, %d]}"
                    .formatted(i, first, second, isFirst ? 2 : -1, isFirst ? 1 : 3));
            pairs.add("{\"prompt\": \"Say %d:\", \"chosen\": \"%s\", \"rejected\": \"%s\"}"
                    .formatted(i, isFirst ? first : second, isFirst ? second : first));
        }
        Path g = Files.write(temp.resolve("given.jsonl"), given);
        Path p = Files.write(temp.resolve("pairs.jsonl"), pairs);
        run("online-dpo", "online", "--data", g, "--steps", 3, "--batch", 4).ok();
        run("dpo", "dpo", "--data", p, "--steps", 3, "--batch", 2).ok();
        String weights = "adapter_model.safetensors";
        assertThat(Values.bytes(temp.resolve("online").resolve(weights)))
                .isEqualTo(Values.bytes(temp.resolve("dpo").resolve(weights)));
    }

    /// Nobody says the word: all answers are worth the same.
    @Test
    void a_step_of_ties_teaches_nothing() {
        online("ties", "--reward", "regex:abracadabra", "--steps", 2, "--batch", 4, "--weight-decay", 0)
                .ok();
        for (Map<String, Object> step : Values.metrics(temp.resolve("ties"))) {
            assertThat(Values.number(step, "ties")).isEqualTo(1);
            assertThat(Values.number(step, "loss")).isZero();
            assertThat(Values.number(step, "grad_norm")).isZero();
        }
    }

    @Test
    void held_out_prompts_are_answered_anew() {
        online("held", "--reward", "length:3", "--steps", 2, "--batch", 4, "--eval-split", 0.5, "--eval-every", 1)
                .ok();
        assertThat(Values.jsonLines(temp.resolve("held").resolve("metrics.jsonl")))
                .filteredOn(line -> line.containsKey("eval_objective/scores"))
                .hasSize(3);
    }

    @Test
    void two_answers_must_come_in_one_pass() {
        online("odd", "--reward", "length:3", "--batch", 3, "--accumulate", 2)
                .refuses("--batch 3: expected a multiple of 2 (the answers to a prompt, which are compared in one"
                        + " pass)");
    }
}
