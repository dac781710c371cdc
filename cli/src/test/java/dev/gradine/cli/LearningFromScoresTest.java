package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.data.Passage;
import dev.gradine.data.encode.Question;
import dev.gradine.models.Models;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.train.reward.Answered;
import dev.gradine.train.reward.RewardModel;
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

/// A reward model says what answers are worth.
class LearningFromScoresTest {

    private static final int PAIRS = 8;

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.pairs(temp.resolve("pairs.jsonl"), PAIRS);
    }

    private Path trained() {
        reward("reward", "--steps", 6, "--lr", 0.02).ok();
        return temp.resolve("reward");
    }

    private Cli reward(String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("reward", "--model", temp.resolve("model")));
        all.addAll(List.of("--data", temp.resolve("pairs.jsonl"), "--out", temp.resolve(out)));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    /// Both answers of each row of `pairs.jsonl`, those to one prompt one after the other.
    private List<Answered> answers() {
        List<Answered> all = new ArrayList<>();
        for (Map<String, Object> row : Values.jsonLines(temp.resolve("pairs.jsonl"))) {
            Passage prompt = new Passage.Text(String.valueOf(row.get("prompt")));
            Question question = new Question(new int[] {1}, prompt, Map.of(), Map.of());
            for (String answer : List.of("chosen", "rejected")) {
                all.add(new Answered(question, String.valueOf(row.get(answer)), 1, true));
            }
        }
        return all;
    }

    private static double[] scores(Path folder, List<Answered> answers) {
        try (Kernels run = CpuKernels.open();
                RewardModel model = RewardModel.open(folder, base -> Models.open(base, run), _ -> {})) {
            return model.all(answers);
        }
    }

    /// What the trainer of reward models logs of the same rows, all of them in one batch at rate 0.
    @Test
    void its_scores_are_those_of_its_training() {
        Path folder = trained();
        reward("again", "--init-adapter", folder, "--steps", 1, "--lr", 0, "--batch", PAIRS)
                .ok();
        Map<String, Object> logged = Values.metrics(temp.resolve("again")).getFirst();
        double[] scores = scores(folder, answers());
        assertThat(scores).hasSize(2 * PAIRS);
        assertThat(Arrays.stream(scores).average().orElseThrow())
                .isCloseTo(Values.number(logged, "mean_reward"), within(1e-5));
        assertThat(Arrays.stream(scores).min().orElseThrow())
                .isCloseTo(Values.number(logged, "min_reward"), within(1e-5));
        double margin = 0;
        for (int i = 0; i < PAIRS; i++) margin += (scores[2 * i] - scores[2 * i + 1]) / PAIRS;
        assertThat(margin).isCloseTo(Values.number(logged, "margin"), within(1e-5));
        assertThat(Math.abs(margin)).isGreaterThan(1e-3);
    }

    @Test
    void many_answers_have_the_scores_that_each_has_alone() {
        Path folder = trained();
        double[] together = scores(folder, answers());
        for (int i = 0; i < together.length; i += 5) {
            double[] alone = scores(folder, answers().subList(i, i + 1));
            assertThat(together[i]).isCloseTo(alone[0], within(1e-5));
        }
    }

    @Test
    void a_checkpoint_without_a_head_for_words_will_do() {
        double[] without = scores(TinyModel.scorer(temp.resolve("without"), false), answers());
        double[] with = scores(TinyModel.scorer(temp.resolve("with"), true), answers());
        assertThat(without).isEqualTo(with);
        assertThat(Arrays.stream(with).distinct().count()).isGreaterThan(8);
    }

    @Test
    void what_has_no_head_for_scores_is_refused() throws IOException {
        Path model = temp.resolve("model");
        assertThatThrownBy(() -> scores(model, answers()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("reward model %s: no tensor score.weight, expected a head for scores, as `gradine reward`"
                                .formatted(model)
                        + " trains one");
        Path folder = trained();
        Path config = folder.resolve("adapter_config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace(model.toString(), "elsewhere"));
        assertThatThrownBy(() -> scores(folder, answers()))
                .hasMessage("reward model %s: its base_model_name_or_path is \"elsewhere\", expected a model on this"
                                .formatted(folder)
                        + " machine");
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpo", "rloo", "online-dpo"})
    void answers_are_rewarded_by_it(String command) throws IOException {
        Files.writeString(temp.resolve("data.jsonl"), "{\"prompt\": \"Say a\"}\n".repeat(8));
        Path folder = TinyModel.scorer(temp.resolve("scorer"), false);
        List<Object> args = new ArrayList<>(List.of(command, "--model", temp.resolve("model")));
        args.addAll(List.of("--data", temp.resolve("data.jsonl"), "--out", temp.resolve("run"), "--samples", 0));
        args.addAll(List.of("--reward", "model:" + folder, "--steps", 2, "--batch", 16, "--max-completion", 5));
        Cli.run(args.toArray()).ok();
        for (Map<String, Object> step : Values.metrics(temp.resolve("run"))) {
            assertThat(Values.number(step, "rewards/model/std")).isGreaterThan(0.01);
            assertThat(Values.number(step, "reward")).isEqualTo(Values.number(step, "rewards/model/mean"));
        }
    }

    @Test
    void a_model_must_be_named() throws IOException {
        Files.writeString(temp.resolve("data.jsonl"), "{\"prompt\": \"Say a\"}\n".repeat(8));
        Cli.run(
                        "grpo",
                        "--model",
                        temp.resolve("model"),
                        "--data",
                        temp.resolve("data.jsonl"),
                        "--out",
                        temp.resolve("run"),
                        "--reward",
                        "model")
                .refuses("--reward model: no argument, expected the folder of a reward model");
    }
}
