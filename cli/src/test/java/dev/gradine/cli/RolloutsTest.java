package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.lab.base.StoryFiles;
import dev.gradine.train.reward.Answered;
import dev.gradine.train.reward.RewardFunction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Learning from answers that are sampled on the way.
class RolloutsTest {

    /// A reward of a user's own: the share of a letter.
    public static final class Letters implements RewardFunction {
        private final String letter;

        /// @param letter the one that counts
        public Letters(String letter) {
            this.letter = letter;
        }

        @Override
        public double of(Answered answer) {
            if (answer.text().isEmpty()) return Double.NaN;
            return answer.text().chars().filter(c -> c == letter.charAt(0)).count()
                    / (double) answer.text().length();
        }
    }

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() throws IOException {
        TinyModel.write(temp.resolve("model"));
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 7; i++) rows.add("{\"prompt\": \"Say %d\", \"answer\": \"%d\"}".formatted(i, i));
        Files.write(temp.resolve("data.jsonl"), rows);
    }

    private Object[] args(Path out, Object... more) {
        return args("grpo", out, more);
    }

    /// Small numbers, where `more` does not say others.
    private Object[] args(String command, Path out, Object... more) {
        List<Object> all = new ArrayList<>(List.of(command, "--out", out));
        all.addAll(List.of("--data", temp.resolve("data.jsonl")));
        all.addAll(Arrays.asList(more));
        Object[] small = {"--rank", 4, "--samples", 0, "--lr", 0.01, "--group", 4, "--batch", 8, "--max-completion", 6};
        if (!all.contains("--model")) all.addAll(List.of("--model", temp.resolve("model")));
        for (int i = 0; i < small.length; i += 2) {
            if (!all.contains(small[i])) all.addAll(List.of(small[i], small[i + 1]));
        }
        return all.toArray();
    }

    private List<Map<String, Object>> run(String name, Object... more) {
        Path out = temp.resolve(name);
        Cli.run(args(out, more)).ok();
        return Values.timeless(out);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void a_killed_run_goes_on_to_the_same_bytes(int iterations) {
        Object[] how = {
            "--steps", 60, "--iterations", iterations, "--beta", 0.1, "--temperature", 0.9, "--reward", "regex:[a-m]"
        };
        Path out = temp.resolve("killed");
        List<Object> saving = new ArrayList<>(Arrays.asList(how));
        saving.addAll(List.of("--save-every", 7)); // between updates from the same answers
        try (Child child = Child.start(temp, List.of("-XX:TieredStopAtLevel=1"), args(out, saving.toArray()))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 8);
            child.kill();
        }
        assertThat(Values.content(out)).contains("checkpoints");
        List<Object> resuming = new ArrayList<>(Arrays.asList(how));
        resuming.add("--resume");
        Cli.run(args(out, resuming.toArray())).ok();
        assertThat(Values.timeless(out)).isEqualTo(run("whole", how)).hasSize(60);
        String weights = "adapter_model.safetensors";
        assertThat(Values.bytes(out.resolve(weights)))
                .isEqualTo(Values.bytes(temp.resolve("whole").resolve(weights)));
    }

    @Test
    void the_seed_decides_what_is_sampled() {
        var one = run("one", "--steps", 3, "--reward", "regex:[a-m]", "--seed", 1);
        assertThat(run("again", "--steps", 3, "--reward", "regex:[a-m]", "--seed", 1))
                .isEqualTo(one);
        assertThat(run("other", "--steps", 3, "--reward", "regex:[a-m]", "--seed", 2))
                .isNotEqualTo(one);
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpo", "rloo"})
    void the_reward_rises(String command) throws IOException {
        Path stories = temp.resolve("stories/model");
        StoryFiles.copyTo(temp.resolve("stories"));
        Files.writeString(temp.resolve("data.jsonl"), "{\"prompt\": \"One day, Lily found a red ball.\"}\n");
        Object[] learning = {"--reward", "regex:very", "--schedule", "constant", "--group", 16, "--beta", 0};
        List<Object> all = new ArrayList<>(Arrays.asList(learning));
        all.addAll(List.of("--model", stories, "--steps", 12, "--max-completion", 12, "--batch", 16, "--lr", 0.003));
        Cli.run(args(command, temp.resolve(command), all.toArray())).ok();
        List<Map<String, Object>> steps = Values.metrics(temp.resolve(command));
        double first = mean(steps.subList(0, 3));
        double last = mean(steps.subList(9, 12));
        assertThat(first).isBetween(0.05, 0.6);
        assertThat(last).isGreaterThan(first + 0.15);
    }

    private static double mean(List<Map<String, Object>> steps) {
        return steps.stream()
                .mapToDouble(s -> Values.number(s, "reward"))
                .average()
                .orElseThrow();
    }

    @Test
    void rewards_are_weighted_and_logged_by_name() {
        String own = Letters.class.getName();
        var steps = run(
                "own",
                "--steps",
                2,
                "--reward",
                own + ":e,length:6,regex:a\\,b,regex:c",
                "--reward-weights",
                "2,0.5,1,1");
        for (Map<String, Object> s : steps) {
            double letters = Values.number(s, "rewards/RolloutsTest$Letters/mean");
            double length = Values.number(s, "rewards/length/mean");
            double sum = 2 * letters
                    + 0.5 * length
                    + Values.number(s, "rewards/regex/mean")
                    + Values.number(s, "rewards/regex_2/mean");
            assertThat(Values.number(s, "reward"))
                    .isCloseTo(sum, within(0.3)); // empty answers have no share of letters
            assertThat(Values.number(s, "completions/max_length")).isBetween(1.0, 6.0);
        }
    }

    @Test
    void held_out_prompts_are_answered_anew() throws IOException {
        Path out = temp.resolve("held");
        Cli.run(args(out, "--steps", 2, "--reward", "regex:[a-m]", "--eval-split", 0.5, "--eval-every", 1))
                .ok();
        List<Map<String, Object>> evaluated = Values.jsonLines(out.resolve("metrics.jsonl")).stream()
                .filter(line -> line.containsKey("eval_reward"))
                .toList();
        assertThat(evaluated).hasSize(3);
        for (Map<String, Object> line : evaluated) {
            assertThat(Values.number(line, "eval_reward")).isBetween(0.0, 1.0);
            assertThat(Values.number(line, "eval_completions/mean_length")).isBetween(1.0, 6.0);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.5, 1})
    void a_student_learns_from_answers_of_the_data_or_its_own(double share) throws IOException {
        Path teacher = TinyModel.write(temp.resolve("teacher"), 9);
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 6; i++) rows.add("{\"prompt\": \"Say %d\", \"completion\": \"It is %d\"}".formatted(i, i));
        Files.write(temp.resolve("data.jsonl"), rows);
        Path out = temp.resolve("distilled");
        List<Object> args = new ArrayList<>(List.of("distill", "--teacher", teacher, "--on-policy", share));
        args.addAll(List.of("--model", temp.resolve("model"), "--data", temp.resolve("data.jsonl"), "--out", out));
        args.addAll(List.of("--steps", 30, "--batch", 6, "--lr", 0.01, "--max-completion", 5, "--samples", 0));
        args.addAll(List.of("--no-shuffle", "--rank", 8, "--beta", 0.5));
        Cli.run(args.toArray()).ok();
        List<Map<String, Object>> steps = Values.metrics(out);
        long own = steps.stream()
                .filter(s -> Values.number(s, "completions/max_length") <= 5)
                .count(); // those of the data have 8 tokens
        assertThat(own / 30.0).isCloseTo(share, within(0.3));
        double first = Values.number(steps.getFirst(), "loss");
        assertThat(Values.number(steps.getLast(), "loss")).isLessThan(0.8 * first);
    }

    @Test
    void a_teacher_must_have_the_students_tokens() {
        StoryFiles.copyTo(temp.resolve("stories"));
        Path teacher = temp.resolve("stories/model");
        List<Object> args = new ArrayList<>(List.of("distill", "--teacher", teacher, "--model", temp.resolve("model")));
        args.addAll(List.of("--data", temp.resolve("data.jsonl"), "--out", temp.resolve("refused")));
        Cli.run(args.toArray())
                .refuses("--teacher %s: has a vocabulary of 512, expected 260 as the model has".formatted(teacher));
    }

    @Test
    void mistakes_are_told_before_the_first_step() throws IOException {
        refuses(
                "grpo: a row has 0 completions, expected 4 with rewards, or --reward to judge sampled ones",
                new Object[0]);
        refuses(
                "--reward spelling: expected one of [gsm8k, exact, regex, format, length, overlong, model, judge], or"
                        + " the full name of a Java class",
                "--reward",
                "spelling");
        refuses("--reward a.B: no such class, expected it on the class path", "--reward", "a.B");
        refuses("reward-weights: 2, expected 1 (one a reward)", "--reward", "exact", "--reward-weights", "1,2");
        refuses(
                "--batch 6, --accumulate 1: 6 answers a step, expected a multiple of 4 (as many as are compared with"
                        + " each other)",
                "--reward",
                "exact",
                "--batch",
                6);
        refuses("--reference base: grpo compares with none at --beta 0", "--reward", "exact", "--reference", "base");
        Files.writeString(
                temp.resolve("data.jsonl"),
                "{\"prompt\": \"p\", \"completions\": [\"a\", \"b\", \"c\", \"d\"], \"rewards\": [1, 0, 0, 0]}\n");
        refuses(
                "grpo: a row has completions, expected a prompt alone (because --reward judges sampled ones)",
                "--reward",
                "exact");
    }

    private void refuses(String message, Object... more) {
        Cli.run(args(temp.resolve("refused"), more)).refuses(message);
    }
}
