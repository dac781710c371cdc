package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.RewardEncoder;
import dev.gradine.models.Models;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Tolerance;
import dev.gradine.train.reward.RewardModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An encoder as a reward model: trained by `reward`, and asked wherever a reward model is.
class EncoderRewardTest {

    private static final Tolerance PRINTED = new Tolerance(2e-4, 0, "four digits");

    @TempDir
    private Path temp = Path.of("");

    private Path model = Path.of("");
    private Path pairs = Path.of("");

    @BeforeEach
    void prepare() {
        model = TinyEncoder.headless(temp.resolve("model"));
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            rows.append("{\"prompt\": \"the film \", \"chosen\": \"was %sgood\", \"rejected\": \"was %sdull\"}\n"
                    .formatted("so ".repeat(i % 3), "very ".repeat(i % 2)));
        }
        pairs = TinyModel.text(temp.resolve("pairs.jsonl"), rows.toString());
    }

    private Path reward(int steps, double lr) {
        Path out = temp.resolve("run-" + steps);
        Cli.run(
                        "reward",
                        "--model",
                        model,
                        "--data",
                        pairs,
                        "--out",
                        out,
                        "--steps",
                        steps,
                        "--lr",
                        lr,
                        "--batch",
                        1,
                        "--no-shuffle",
                        "--targets",
                        "query,value")
                .ok();
        return out;
    }

    private double score(Path adapter, String text) {
        String line = Cli.run("score", "--model", model, "--adapter", adapter, "--text", text)
                .ok()
                .out();
        assertThat(line).hasLineCount(1).endsWith("  score\n");
        return Double.parseDouble(line.substring(10, 20).strip());
    }

    @Test
    void the_loss_is_that_of_the_scores_of_whole_texts() {
        Path run = reward(1, 0);
        String end = "[SEP]"; // of the configuration, as TRL ends a text
        double margin = score(run, "the film was good" + end) - score(run, "the film was dull" + end);
        PRINTED.check("loss", Values.number(Values.metrics(run).getFirst(), "loss"), Math.log1p(Math.exp(-margin)));
    }

    @Test
    void it_learns_which_answer_is_better() {
        List<Map<String, Object>> steps = Values.metrics(reward(24, 0.01));
        assertThat(Values.number(steps.getLast(), "loss")).isLessThan(0.5 * Values.number(steps.getFirst(), "loss"));
    }

    @Test
    void a_reward_model_gives_the_scores_of_the_command() {
        Path run = reward(8, 0.02);
        try (Kernels k = CpuKernels.open();
                RewardModel m = RewardModel.open(run, base -> Models.open(base, k), _ -> {})) {
            List<LabelledTokens> texts = List.of("the film was good", "the film was very dull").stream()
                    .map(t -> RewardEncoder.last(m.codec().tokenizer().encode(t, true)))
                    .toList();
            double[] scores = m.scores().of(List.of(texts)).getFirst();
            PRINTED.check("good", scores[0], score(run, "the film was good"));
            PRINTED.check("dull", scores[1], score(run, "the film was very dull"));
            assertThat(scores[0]).isGreaterThan(scores[1]);
        }
    }

    @Test
    void an_encoder_of_several_labels_is_no_reward_model() {
        Path three = TinyEncoder.write(temp.resolve("three"));
        Cli.run("reward", "--model", three, "--data", pairs, "--out", temp.resolve("x"), "--steps", 1)
                .refuses("labels: the rows have [score], expected some of [LABEL_0, LABEL_1, LABEL_2] (those of the"
                        + " model)");
    }
}
