package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.eval.task.Tasks;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `gradine eval` measures the story model and writes what lm-evaluation-harness writes.
class EvalCommandTest {

    @TempDir
    private Path temp = Path.of("");

    private final Path model = Golden.shared("assets/models/stories260K/stories260K-f32.gguf");
    private final Path data = Golden.golden("lmeval/data");

    private Cli eval(String task, Object... more) {
        List<Object> all = Stream.concat(
                        Stream.of("eval", "--model", model, "--task", task, "--data-dir", data), Stream.of(more))
                .toList();
        return Cli.run(all.toArray());
    }

    private Path file(String prefix) throws IOException {
        try (Stream<Path> files = Files.list(temp.resolve("out"))) {
            return files.filter(f -> f.getFileName().toString().startsWith(prefix))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void results_and_items_are_written_under_the_names_of_the_harness() throws IOException {
        Cli run = eval("truthfulqa_mc2,persona_agreeableness", "--limit", 5, "--out", temp.resolve("out"))
                .ok();
        assertThat(run.out())
                .contains("|        Tasks        |Version|Filter|n-shot|Metric|   |Value", "|truthfulqa_mc2       |")
                .contains("truthfulqa_mc2: 5 of 20 items\n", "persona_agreeableness: 5 of 20 items\n");
        JsonNode results = new JsonMapper().readTree(Files.readAllBytes(file("results_")));
        assertThat(results.at("/results/truthfulqa_mc2/acc,none").isDouble()).isTrue();
        assertThat(results.at("/results/truthfulqa_mc2/acc_stderr,none").isDouble())
                .isTrue();
        assertThat(results.at("/n-shot/truthfulqa_mc2").asInt(-1)).isEqualTo(0);
        assertThat(results.at("/n-samples/truthfulqa_mc2/original").asInt()).isEqualTo(20);
        assertThat(results.at("/n-samples/truthfulqa_mc2/effective").asInt()).isEqualTo(5);
        assertThat(results.at("/config/add_bos").asString()).isEqualTo("auto");
        List<String> lines = Files.readAllLines(file("samples_persona_agreeableness_"));
        assertThat(lines).hasSize(5);
        JsonNode first = new JsonMapper().readTree(lines.getFirst());
        assertThat(first.propertyNames())
                .containsExactly(
                        "doc_id",
                        "doc",
                        "target",
                        "arguments",
                        "resps",
                        "doc_hash",
                        "prompt_hash",
                        "target_hash",
                        "filtered_resps",
                        "filter",
                        "metrics",
                        "acc");
        assertThat(first.at("/arguments/gen_args_1/arg_1").asString()).isEqualTo(" No");
        // lm_eval.utils.hash_string of the prompt is what golden/lmeval has of it
        assertThat(first.required("prompt_hash").asString())
                .isEqualTo("ea84f14ca76f7b0af1b2dd5f6f64612149fcc0cf6645d338cc03049dcd3bc794");
        assertThat(first.required("target_hash").asString())
                .isEqualTo("5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"); // of "0"
        assertThat(first.required("doc_hash").asString()).isEqualTo(DOC_HASH);
    }

    /// `hash_string(json.dumps(doc, indent=2, ensure_ascii=False))` of the first row, by Python.
    private static final String DOC_HASH = "267e05999b83551d26761afdb43cf7b12e1e336ef8664ed6ca720a2f5bddf393";

    @Test
    void the_batch_changes_no_number() {
        String one =
                eval("truthfulqa_mc2", "--limit", 4, "--batch-tokens", 1).ok().out();
        assertThat(eval("truthfulqa_mc2", "--limit", 4).ok().out()).isEqualTo(one);
    }

    @Test
    void an_answer_is_written_behind_examples() {
        assertThat(eval("gsm8k", "--limit", 2, "--num-fewshot", 0).ok().out())
                .contains("|gsm8k|      3|flexible-extract|     0|exact_match|↑  |");
    }

    @Test
    void the_tasks_are_listed_without_a_model() {
        assertThat(Cli.run("eval", "list").ok().out())
                .contains(
                        "gsm8k                                       generate_until             5  gsm8k/test.jsonl,");
    }

    @Test
    void what_is_missing_is_named() {
        Cli.run("eval", "--task", "gsm8k")
                .refuses("--model is missing, expected a folder or a file (see gradine eval --help)");
        Cli.run("eval", "--model", model)
                .refuses("--task is missing, expected a name of `gradine eval list` or a YAML file");
        Cli.run("eval", "--model", model, "--task", "truthfulqa_mc1")
                .refuses("task truthfulqa_mc1: needs the file TruthfulQA.csv: give the folder it lies in"
                        + " (--data-dir DIR)");
        eval("truthfulqa")
                .refuses("task truthfulqa: is no file and no name, expected one of " + String.join(", ", Tasks.NAMES));
        eval("truthfulqa_mc1", "--fewshot-as-multiturn")
                .refuses("--fewshot-as-multiturn is given without --apply-chat-template: a plain text has no turns");
        eval("truthfulqa_mc1", "--chat-template", "chatml")
                .refuses("--chat-template is given without --apply-chat-template, which uses it");
        eval("truthfulqa_mc1", "--add-bos", "maybe").refuses("add-bos: \"maybe\", expected one of auto, true, false");
        eval("truthfulqa_mc1", "--num-fewshot", 20)
                .refuses("task truthfulqa_mc1: num_fewshot is 20, expected at most 19 (the examples there are)");
    }
}
