package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Answers are written by a model, judged by one behind a URL or by one of ours, and the judge itself is
/// tried.
class EvalJudgeTest {

    @TempDir
    private Path temp = Path.of("");

    private FakeJudge judge = new FakeJudge(user -> "[[C]]");

    @BeforeEach
    void files() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.text(temp.resolve("q.jsonl"), """
                {"question_id": 1, "category": "writing", "turns": ["Say one.", "And two."]}
                {"question_id": 2, "category": "math", "turns": ["1 + 1?"]}
                """);
        answers("good.jsonl", "right", "right too", "right");
        answers("bad.jsonl", "wrong!", "wrong!", "wrong!");
    }

    @AfterEach
    void stop() {
        judge.close();
    }

    private void answers(String name, String one, String two, String three) {
        TinyModel.text(temp.resolve(name), """
                {"question_id": 1, "choices": [{"index": 0, "turns": ["%s", "%s"]}]}
                {"question_id": 2, "choices": [{"index": 0, "turns": ["%s"]}]}
                """.formatted(one, two, three));
    }

    private static String honest(String user) {
        return user.indexOf("right") < user.indexOf("wrong!") ? "Verdict: [[A]]" : "Verdict: [[B]]";
    }

    private Cli judge(UnaryOperator<String> verdict, Object... more) {
        judge.close();
        judge = new FakeJudge(verdict);
        List<Object> all = new ArrayList<>(List.of("eval", "judge", "--questions", temp.resolve("q.jsonl")));
        all.addAll(List.of("--judge-url", judge.url(), "--judge-name", "j", "--out", temp.resolve("out")));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    @Test
    void a_candidate_is_compared_in_both_orders_and_asking_again_costs_nothing() throws IOException {
        Object[] options = {"--answers", "good=" + temp.resolve("good.jsonl"), "--baseline", temp.resolve("bad.jsonl")};
        Cli run = judge(EvalJudgeTest::honest, options).ok();
        assertThat(run.out())
                .contains("good: win rate 100.0 % ± 0.0, 95 % interval 100.0 … 100.0"
                        + " (10000 resamples, seed 42), 2 questions")
                .contains("  both orders agree      100.0 %\n", "  the first answer won    50.0 %\n")
                .contains("3 won, 0 tied, 0 lost");
        assertThat(judge.asked()).isEqualTo(6);
        JsonNode results = new JsonMapper().readTree(Files.readAllBytes(temp.resolve("out/judgement.json")));
        assertThat(results.at("/results/good/win_rate").asDouble()).isEqualTo(1);
    }

    @Test
    void a_judge_that_prefers_whoever_stands_first_is_seen_through() {
        Cli run = judge(
                        user -> "[[A]]",
                        "--answers",
                        temp.resolve("good.jsonl"),
                        "--baseline",
                        temp.resolve("bad.jsonl"))
                .ok();
        assertThat(run.out())
                .contains(
                        "good.jsonl: win rate 50.0 %", "both orders agree        0.0 %", "first answer won   100.0 %");
    }

    @Test
    void garbage_from_the_judge_ends_with_exit_code_1() {
        Cli run = judge(user -> "I am a teapot.", "--answers", temp.resolve("good.jsonl"));
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out())
                .contains("good.jsonl: mean rating NaN of 0 answers, 3 invalid", "more than a tenth of the verdicts");
        assertThat(judge.asked()).isEqualTo(6); // each once more, for the label alone
    }

    @Test
    void answers_are_rated_one_by_one() {
        assertThat(judge(
                                user -> "Rating: [[" + (user.contains("too") ? 9 : 6) + "]]",
                                "--answers",
                                temp.resolve("good.jsonl"))
                        .ok()
                        .out())
                .contains("good.jsonl: mean rating 7.00 of 3 answers, 0 invalid");
    }

    @Test
    void the_judge_itself_is_tried() {
        Cli run = judge(user -> "[[C]]", "--check", "--reference", temp.resolve("good.jsonl"))
                .ok();
        assertThat(run.out()).contains("right answers: win rate 50.0 %");
    }

    @Test
    void a_model_of_ours_answers_and_judges() throws IOException {
        Path out = temp.resolve("answers.jsonl");
        Cli.run(
                        "eval",
                        "answer",
                        "--model",
                        temp.resolve("model"),
                        "--questions",
                        temp.resolve("q.jsonl"),
                        "--max-tokens",
                        4,
                        "--out",
                        out)
                .ok();
        List<String> rows = Files.readAllLines(out);
        assertThat(rows).hasSize(2);
        assertThat(new JsonMapper()
                        .readTree(rows.getFirst())
                        .at("/choices/0/turns")
                        .size())
                .isEqualTo(2);
        String said = Cli.run(
                        "eval",
                        "judge",
                        "--questions",
                        temp.resolve("q.jsonl"),
                        "--answers",
                        "tiny=" + out,
                        "--baseline",
                        temp.resolve("bad.jsonl"),
                        "--judge-model",
                        temp.resolve("model"),
                        "--out",
                        temp.resolve("local"))
                .ok()
                .out();
        assertThat(said).contains("judge: " + temp.resolve("model"), "tiny: win rate ", "invalid verdicts           0");
    }

    private Cli scored(Object... more) {
        List<Object> all = new ArrayList<>(List.of("eval", "judge", "--questions", temp.resolve("q.jsonl")));
        all.addAll(List.of("--judge-reward", TinyModel.scorer(temp.resolve("scorer"), false)));
        all.addAll(List.of("--out", temp.resolve("scored")));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    /// Whoever wins against the other loses with the roles exchanged, in both orders alike.
    @Test
    void a_reward_model_compares_scores() throws IOException {
        Object[] good = {"--answers", "x=" + temp.resolve("good.jsonl"), "--baseline", temp.resolve("bad.jsonl")};
        Cli run = scored(good).ok();
        assertThat(run.out())
                .contains("a reward model: the higher score is better, whatever the order")
                .contains("  both orders agree      100.0 %\n", "  invalid verdicts           0\n");
        double won = winRate();
        scored("--answers", "x=" + temp.resolve("bad.jsonl"), "--baseline", temp.resolve("good.jsonl"))
                .ok();
        assertThat(winRate()).isEqualTo(1 - won).isNotEqualTo(0.5);
        scored("--answers", "x=" + temp.resolve("good.jsonl"), "--baseline", temp.resolve("good.jsonl"))
                .ok();
        assertThat(winRate()).isEqualTo(0.5);
    }

    private double winRate() throws IOException {
        return new JsonMapper()
                .readTree(Files.readAllBytes(temp.resolve("scored/judgement.json")))
                .at("/results/x/win_rate")
                .asDouble();
    }

    @Test
    void a_reward_model_rates_nothing() {
        scored("--answers", temp.resolve("good.jsonl"))
                .refuses("a reward model gives no ratings, expected --baseline (answers to compare with)");
    }

    @Test
    void what_does_not_fit_is_refused() {
        Object[] base = {"eval", "judge", "--questions", temp.resolve("q.jsonl"), "--out", temp.resolve("out")};
        Cli.run(base).refuses("--answers and --check: expected one of them");
        judge(user -> "", "--judge-model", temp.resolve("model"), "--answers", temp.resolve("good.jsonl"))
                .refuses("--judge-url, --judge-model and --judge-reward: expected one of them");
        judge(user -> "", "--judge-key-env", "NO_SUCH_VARIABLE", "--answers", temp.resolve("good.jsonl"))
                .refuses("judge-key-env: NO_SUCH_VARIABLE is not set");
        judge(user -> "", "--check").refuses("--check: --reference answers fewer than two questions");
        assertThat(temp.resolve("out")).doesNotExist();
    }
}
