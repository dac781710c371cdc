package dev.gradine.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.eval.metric.MultipleChoice;
import dev.gradine.eval.metric.WrittenAnswer;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Task files are read with lm-evaluation-harness's keys, and what cannot be done is refused in a line.
class TaskFileTest {

    private static final String GOOD = """
            task: t
            dataset_path: json
            dataset_kwargs: {data_files: {test: t.jsonl}}
            test_split: test
            output_type: multiple_choice
            doc_to_text: "{{q}}"
            doc_to_choice: ["a", "b"]
            doc_to_target: 0
            """;

    private static EvalTask parse(String text) {
        return TaskFile.parse("t.yaml", text, name -> GOOD + "num_fewshot: 2\n");
    }

    @Test
    void every_task_that_travels_is_read() {
        for (String name : Tasks.NAMES) assertThat(Tasks.named(name).name()).isEqualTo(name);
    }

    @Test
    void a_file_wins_over_what_it_includes() {
        EvalTask task = parse("include: other.yaml\ntask: u\ntarget_delimiter: ''\n");
        assertThat(task.name()).isEqualTo("u");
        assertThat(task.shots().count()).isEqualTo(2);
        assertThat(task.wording().delimiters()).isEqualTo(new Wording.Delimiters("", "\n\n"));
    }

    @Test
    void what_is_not_said_is_as_in_the_harness() {
        MultipleChoice question = (MultipleChoice) parse(GOOD).question();
        assertThat(question.metrics()).extracting(m -> m.name()).containsExactly("acc", "acc_norm");
        WrittenAnswer written = (WrittenAnswer)
                parse(GOOD.replace("output_type: multiple_choice\n", "").replace("doc_to_choice: [\"a\", \"b\"]\n", ""))
                        .question();
        assertThat(written.rule().until()).isEqualTo(List.of("\n\n"));
        assertThat(written.rule().maxTokens()).isEqualTo(256);
        assertThat(written.rule().params().isGreedy()).isTrue();
    }

    @Test
    void a_temperature_counts_only_where_tokens_are_drawn() {
        String written =
                GOOD.replace("multiple_choice", "generate_until").replace("doc_to_choice: [\"a\", \"b\"]\n", "");
        String hot = written + "generation_kwargs: {temperature: 0.8, do_sample: %s, max_new_tokens: 7, until: x}\n";
        WrittenAnswer greedy = (WrittenAnswer) parse(hot.formatted(false)).question();
        WrittenAnswer drawn = (WrittenAnswer) parse(hot.formatted(true)).question();
        assertThat(greedy.rule().params().isGreedy()).isTrue();
        assertThat(drawn.rule().params().temperature()).isEqualTo(0.8);
        assertThat(drawn.rule().maxTokens()).isEqualTo(7);
        assertThat(drawn.rule().until()).containsExactly("x");
    }

    private static void refuses(String line, String... message) {
        assertThatThrownBy(() -> parse(GOOD + line + "\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(String.join("", message));
    }

    @Test
    void what_cannot_be_done_is_refused() {
        String python = ": Python code of the task, which is not run here";
        refuses("process_results: !function u.f", "task t.yaml: process_results is !function u.f", python);
        refuses("process_docs: !function u.g", "task t.yaml: process_docs is !function u.g", python);
        refuses(
                "process_results: f",
                "task t: process_results is no function of Python here, expected probability_mass");
        refuses("repeats: 3", "task t: repeats is not 1: one answer is written here");
        refuses("num_fewshot: two", "task t: num_fewshot is two, expected a whole number");
        refuses(
                "metric_list: [{metric: f1}]",
                "metric f1 is not computed here, expected one of acc, acc_norm, acc_bytes, acc_mutual_info,",
                " exact_match, brier_score");
        refuses(
                "metric_list: [{metric: acc, hf_evaluate: true}]",
                "task t: metric_list: hf_evaluate is unknown, expected one of aggregation, higher_is_better, metric");
        refuses(
                "fewshot_config: {sampler: balanced}",
                "task t: fewshot_config: sampler is balanced, expected default or first_n");
    }

    @Test
    void a_misspelt_key_is_named() {
        assertThatThrownBy(() -> parse(GOOD + "doc_to_txt: x\n"))
                .hasMessageStartingWith("task t: doc_to_txt is unknown, expected one of dataset_kwargs, ");
        assertThatThrownBy(() -> parse(GOOD.replace("json\n", "org/set\n")))
                .hasMessage("task t: dataset_path is org/set, expected json, csv, parquet or text with dataset_kwargs:"
                        + " data_files (nothing is downloaded)");
        assertThatThrownBy(() -> parse("[1]\n")).hasMessageStartingWith("task t.yaml: is no mapping");
        assertThatThrownBy(() -> parse("a: [\n")).hasMessageStartingWith("t.yaml: line 1: ");
        assertThatThrownBy(() -> parse(GOOD.replace("doc_to_target: 0\n", "")))
                .hasMessage("task t: doc_to_target is missing");
        assertThatThrownBy(() -> parse(GOOD.replace("test_split: test\n", "")))
                .hasMessage("task t: test_split is missing, and validation_split, too");
    }
}
