package dev.gradine.eval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.eval.metric.Aggregate;
import dev.gradine.eval.metric.MetricInfo;
import dev.gradine.eval.task.EvalTask;
import dev.gradine.eval.task.Tasks;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Tables look as pytablewriter 1.2 prints them for lm-evaluation-harness.
class ResultTableTest {

    private static TaskResult result(String task, Score... scores) {
        EvalTask t = Tasks.named(task);
        return new TaskResult(t, List.of(), List.of(scores), 0, List.of());
    }

    private static Score score(String metric, String filter, double value, double error, boolean higher) {
        return new Score(new MetricInfo(metric, Aggregate.MEAN, higher), filter, value, error);
    }

    @Test
    void several_tasks_filters_and_a_number_without_error() {
        String table = ResultTable.of(List.of(
                result(
                        "gsm8k",
                        score("exact_match", "strict-match", 0.1, 0.05, true),
                        score("exact_match", "flexible-extract", 0.05, 0.05, true)),
                result(
                        "tinystories",
                        score("word_perplexity", "none", 12345.6789, Double.NaN, false),
                        score("bits_per_byte", "none", 1.2346, Double.NaN, false))));
        assertThat(table).isEqualTo("""
                |   Tasks   |Version|     Filter     |n-shot|    Metric     |   |  Value   |   |Stderr|
                |-----------|------:|----------------|-----:|---------------|---|---------:|---|------|
                |gsm8k      |      3|flexible-extract|     5|exact_match    |↑  |    0.0500|±  |  0.05|
                |           |       |strict-match    |     5|exact_match    |↑  |    0.1000|±  |  0.05|
                |tinystories|      1|none            |     0|bits_per_byte  |↓  |    1.2346|±  |   N/A|
                |           |       |none            |     0|word_perplexity|↓  |12345.6789|±  |   N/A|
                """);
    }

    @Test
    void as_many_decimals_as_are_needed() {
        assertThat(ResultTable.of(List.of(result("truthfulqa_mc1", score("acc", "none", 0.05, 0.049999999999, true)))))
                .isEqualTo("""
                |    Tasks     |Version|Filter|n-shot|Metric|   |Value|   |Stderr|
                |--------------|------:|------|-----:|------|---|----:|---|-----:|
                |truthfulqa_mc1|      2|none  |     0|acc   |↑  | 0.05|±  |  0.05|
                """);
    }
}
