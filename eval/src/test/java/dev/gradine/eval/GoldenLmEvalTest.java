package dev.gradine.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.eval.document.DataFolders;
import dev.gradine.eval.metric.Graded;
import dev.gradine.eval.model.BosRule;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response.Likelihood;
import dev.gradine.eval.model.Response.Written;
import dev.gradine.eval.model.TextModel;
import dev.gradine.eval.task.Tasks;
import dev.gradine.testkit.Golden;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Prompts, log-probabilities and scores are those of lm-evaluation-harness 0.4.13 over a model that is
/// a formula.
class GoldenLmEvalTest {

    private static final double ROUNDING = 1e-9; // doubles, added in another order

    private static TaskResult run(String task) {
        TextModel model = new TextModel(new FormulaModel(), FormulaModel.codec(ChatTemplate.absent()), BosRule.AUTO);
        DataFolders data = new DataFolders(List.of(Golden.golden("lmeval/data")));
        Evaluation.Settings settings =
                new Evaluation.Settings(Evaluation.Settings.defaults().style(), 20, 1234);
        return new Evaluation(model, settings, (_, _, _) -> {}).run(Tasks.find(task, data));
    }

    private static double point(Graded graded, String metric) {
        return Objects.requireNonNull(graded.points().get(metric)).value();
    }

    @ParameterizedTest
    @CsvSource({
        "truthfulqa_mc1, tqa1_local, acc, none",
        "truthfulqa_mc2, tqa2_local, acc, none",
        "persona_agreeableness, persona_agreeableness, acc, none",
        "gsm8k, gsm8k_local, exact_match, strict-match",
        "gsm8k, gsm8k_local, exact_match, flexible-extract"
    })
    void scores_and_standard_errors_are_equal(String task, String theirs, String metric, String filter) {
        Score score = run(task).score(metric, filter);
        JsonNode results = LmEval.golden("tasks", theirs, "results");
        assertThat(score.value())
                .isCloseTo(results.required(metric + "," + filter).asDouble(), within(ROUNDING));
        assertThat(score.error())
                .isCloseTo(results.required(metric + "_stderr," + filter).asDouble(), within(ROUNDING));
    }

    @ParameterizedTest
    @CsvSource({
        "truthfulqa_mc1, tqa1_local",
        "truthfulqa_mc2, tqa2_local",
        "persona_agreeableness, persona_agreeableness"
    })
    void every_prompt_choice_and_log_probability_is_equal(String task, String theirs) {
        List<Sample> ours = run(task).samples();
        JsonNode samples = LmEval.golden("tasks", theirs, "samples");
        assertThat(samples.size()).isEqualTo(20).isEqualTo(ours.size());
        for (int i = 0; i < ours.size(); i++) {
            JsonNode their = samples.required(i);
            Sample sample = ours.get(i);
            assertThat(sha256(sample.requests().getFirst().context()))
                    .isEqualTo(their.required("context_sha256").asString());
            for (int c = 0; c < sample.requests().size(); c++) {
                Request.LogLikelihood asked =
                        (Request.LogLikelihood) sample.requests().get(c);
                Likelihood l = (Likelihood) sample.responses().get(c);
                assertThat(asked.continuation())
                        .isEqualTo(their.at("/choices/" + c).asString());
                assertThat(l.logProb()).isCloseTo(their.at("/ll/" + c).asDouble(), within(ROUNDING));
                assertThat(l.greedy()).isEqualTo(their.at("/greedy/" + c).asBoolean());
            }
            assertThat(sample.requests()).hasSize(their.required("choices").size());
            double acc = point(sample.graded().getFirst(), "acc");
            assertThat(acc).isCloseTo(their.required("acc").asDouble(), within(ROUNDING));
        }
    }

    @Test
    void every_example_drawn_answer_written_and_number_found_is_equal() {
        List<Sample> ours = run("gsm8k").samples();
        JsonNode samples = LmEval.golden("tasks", "gsm8k_local", "samples");
        assertThat(samples.size()).isEqualTo(40);
        for (JsonNode their : samples) {
            Sample sample = ours.get(their.required("doc_id").asInt());
            Graded graded = sample.graded().stream()
                    .filter(g -> g.filter().equals(their.required("filter").asString()))
                    .findFirst()
                    .orElseThrow();
            assertThat(sha256(sample.requests().getFirst().context()))
                    .isEqualTo(their.required("context_sha256").asString());
            assertThat(((Written) sample.responses().getFirst()).text())
                    .isEqualTo(their.required("response").asString());
            assertThat(graded.filtered())
                    .isEqualTo(List.of(their.required("filtered").asString()));
            assertThat(point(graded, "exact_match"))
                    .isEqualTo(their.required("exact_match").asDouble());
        }
    }

    private static String sha256(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
