package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Learning from what a judge says of sampled answers.
class JudgedRunTest {

    private static final String WEIGHTS = "adapter_model.safetensors";

    @TempDir
    private Path temp = Path.of("");

    private FakeJudge judge = new FakeJudge(user -> "Rating: [[5]]");

    @BeforeEach
    void prepare() throws IOException {
        TinyModel.write(temp.resolve("model"));
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 7; i++) rows.add("{\"prompt\": \"Say %d\"}".formatted(i));
        Files.write(temp.resolve("data.jsonl"), rows);
    }

    @AfterEach
    void stop() {
        judge.close();
    }

    private void says(UnaryOperator<String> rating) {
        judge.close();
        judge = new FakeJudge(rating);
    }

    /// 1 to 10, by what is to be judged.
    private static String rating(String user) {
        return "Rating: [[%d]]".formatted(1 + Math.floorMod(user.hashCode(), 10));
    }

    private Object[] args(String command, String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of(command, "--out", temp.resolve(out)));
        all.addAll(List.of("--model", temp.resolve("model"), "--data", temp.resolve("data.jsonl")));
        all.addAll(List.of("--rank", 4, "--samples", 0, "--lr", 0.01, "--max-completion", 6));
        all.addAll(List.of("--batch", command.equals("online-dpo") ? 4 : 8)); // two prompts
        if (command.equals("grpo")) all.addAll(List.of("--group", 4));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    private Object[] byUrl(String command, String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("--reward", "judge:" + judge.url(), "--judge-name", "j"));
        all.addAll(Arrays.asList(more));
        return args(command, out, all.toArray());
    }

    private List<Map<String, Object>> steps(String out) {
        return Values.timeless(temp.resolve(out));
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpo", "rloo", "online-dpo"})
    void its_ratings_are_rewards_from_0_to_1(String command) {
        says(JudgedRunTest::rating);
        Cli.run(byUrl(command, "run", "--steps", 2)).ok();
        for (Map<String, Object> s : steps("run")) {
            double reward = Values.number(s, "rewards/judge/mean");
            assertThat(reward).isBetween(0.05, 0.95);
            assertThat(72 * reward).isCloseTo(Math.rint(72 * reward), within(1e-6)); // ninths, of 4 answers or 8
            assertThat(Values.number(s, "reward")).isEqualTo(reward);
        }
        assertThat(judge.asked()).isBetween(4, 16); // equal answers are judged once
        assertThat(temp.resolve("run/judge-cache")).isDirectory();
    }

    /// This judge says something else each time it is asked.
    @Test
    void a_killed_run_goes_on_with_the_same_rewards() {
        AtomicInteger count = new AtomicInteger();
        says(user -> "Rating: [[%d]]".formatted(1 + Math.floorMod(7 * count.incrementAndGet(), 10)));
        Object[] how = byUrl("grpo", "run", "--steps", 20, "--save-every", 6);
        List<Map<String, Object>> before;
        try (Child child = Child.start(temp, List.of("-XX:TieredStopAtLevel=1"), how)) {
            child.awaitLines(temp.resolve("run/metrics.jsonl"), 11);
            child.kill();
            before = steps("run");
        }
        List<Object> on = new ArrayList<>(Arrays.asList(how));
        on.add("--resume");
        Cli.run(on.toArray()).ok();
        List<Map<String, Object>> after = steps("run");
        assertThat(after).hasSize(20);
        assertThat(after.subList(0, before.size())).isEqualTo(before);
    }

    @Test
    void an_overloaded_server_is_asked_again() {
        AtomicInteger first = new AtomicInteger();
        says(user -> first.getAndIncrement() == 0 ? "429" : rating(user));
        Cli run = Cli.run(byUrl("grpo", "run", "--steps", 1)).ok();
        assertThat(run.err()).doesNotContain("not rated");
    }

    @Test
    void garbage_is_told_and_teaches_nothing() {
        says(user -> "I am a teapot.");
        Cli run = Cli.run(byUrl("grpo", "run", "--steps", 2)).ok();
        assertThat(run.err())
                .contains("gradine: reward judge: 8 of 8 answers are not rated, and are worth the mean of their group:"
                        + " I am a teapot.\n");
        Cli.run(args("grpo", "none", "--steps", 2, "--reward", "regex:[^\\s\\S]"))
                .ok(); // 0 for all
        assertThat(Values.bytes(temp.resolve("run").resolve(WEIGHTS)))
                .isEqualTo(Values.bytes(temp.resolve("none").resolve(WEIGHTS)));
    }

    @Test
    void a_wrong_key_ends_the_run_at_once() {
        says(user -> "401");
        Cli run = Cli.run(byUrl("grpo", "run", "--steps", 2));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("judge j at " + judge.url() + ": status 401");
        assertThat(judge.asked()).isBetween(1, 8);
    }

    /// Two judges that differ in their weights alone.
    @Test
    void a_model_on_this_machine_judges() {
        for (int seed = 1; seed < 3; seed++) {
            TinyModel.write(temp.resolve("judge-" + seed), seed);
            Cli.run(args("grpo", "run-" + seed, "--steps", 2, "--reward", "judge:" + temp.resolve("judge-" + seed)))
                    .ok();
            assertThat(Values.number(steps("run-" + seed).getFirst(), "rewards/judge/mean"))
                    .isBetween(0.1, 0.9);
            assertThat(Values.number(steps("run-" + seed).getFirst(), "rewards/judge/std"))
                    .isGreaterThan(1e-6);
        }
        assertThat(steps("run-1")).isNotEqualTo(steps("run-2"));
    }

    @Test
    void what_does_not_fit_is_refused() {
        refuses("--reward judge: no argument, expected a URL or the folder of a model", "--reward", "judge");
        refuses("judge-name: is missing, expected the judge's name at its URL", "--reward", "judge:" + judge.url());
        refuses(
                "judge-name and others of a judge: given without one, expected judge:URL or judge:DIR among"
                        + " the rewards",
                "--reward",
                "length:3",
                "--judge-name",
                "j");
        refuses(
                "judge-name, judge-key-env, judge-timeout: expected none (because the judge is behind no URL)",
                "--reward",
                "judge:" + temp.resolve("model"),
                "--judge-timeout",
                7);
        Object[] url = {"--reward", "judge:" + judge.url(), "--judge-name", "j"};
        refuses(
                "judge-chat-template: chatml, expected none (because the judge is behind a URL)",
                with(url, "--judge-chat-template", "chatml"));
        refuses("judge-key-env: NO_SUCH_VARIABLE is not set", with(url, "--judge-key-env", "NO_SUCH_VARIABLE"));
        assertThat(judge.asked()).isZero();
    }

    private static Object[] with(Object[] some, Object... more) {
        List<Object> all = new ArrayList<>(Arrays.asList(some));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    private void refuses(String message, Object... more) {
        Cli.run(args("grpo", "refused", more)).refuses(message);
        assertThat(temp.resolve("refused")).doesNotExist();
    }
}
