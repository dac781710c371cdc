package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Data a run cannot use is one line that names the file and the row; no folder is begun for it.
class DataErrorsTest {

    private static final String CHAT = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"},"
            + " {\"role\": \"assistant\", \"content\": \"Ho\"}]}\n";

    @TempDir
    private Path temp = Path.of("");

    private Path model = Path.of("");
    private Path data = Path.of("");

    @BeforeEach
    void prepare() {
        model = TinyModel.write(temp.resolve("model"));
        data = temp.resolve("data.jsonl");
    }

    @AfterEach
    void no_folder_was_begun() {
        assertThat(temp.resolve("out")).doesNotExist();
    }

    private Cli run(String command, Object... more) {
        List<Object> all = new ArrayList<>(List.of(command, "--model", model, "--data", data, "--steps", 1));
        all.addAll(List.of("--out", temp.resolve("out")));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    private Cli sft(String rows, Object... more) {
        TinyModel.text(data, rows);
        return run("sft", more);
    }

    @Test
    void an_empty_file_is_refused() {
        sft("").refuses("data.jsonl: has no rows, expected at least one");
        sft("[]").refuses("data.jsonl: has no rows, expected at least one");
    }

    @Test
    void a_missing_file_is_refused() {
        run("sft").refuses(data + ": does not exist");
    }

    @Test
    void a_bad_row_is_refused_by_its_number() {
        sft("{\"text\": \"a\"}\n{\"text\": 7}\n")
                .refuses("data.jsonl: row 2: field text is a number, expected a string");
        sft("{\"text\": \"a\"}\n{\"txt\": \"b\"}\n")
                .refuses("data.jsonl: row 2: field text is missing, expected text (as in the first row)");
        sft("{\"text\": \"a\"}\n{\"text\": \"b\n")
                .refuses("data.jsonl: row 2: is not JSON: Unexpected end-of-input: was expecting "
                        + "closing quote for a string value");
        sft("{\"colour\": \"red\"}\n")
                .refuses("data.jsonl: row 1: columns are [colour], expected messages, conversations, "
                        + "text, text + text_pair, prompt, prompt + completion,"
                        + " instruction + output, chosen + rejected or input_ids");
    }

    @Test
    void tokens_the_model_does_not_have_are_refused() {
        sft("{\"input_ids\": [1, 2, 260]}\n")
                .refuses("data.jsonl: row 1: field input_ids[2] is 260, expected below the vocabulary size 260");
        sft("{\"input_ids\": [1, 2], \"labels\": [1]}\n")
                .refuses("data.jsonl: row 1: labels has 1 entries, expected 2 (as many as input_ids)");
        sft("{\"input_ids\": [1, 2], \"labels\": [1, 999]}\n")
                .refuses("data.jsonl: row 1: field labels[1] is 999, expected -100 or below the vocabulary size 260");
    }

    @Test
    void rows_without_anything_to_learn_are_refused() {
        sft("{\"input_ids\": [1]}\n").refuses("data.jsonl: nothing to learn within 128 tokens in any of 1 rows");
    }

    @Test
    void a_row_of_one_token_is_left_out() {
        TinyModel.text(data, "{\"input_ids\": [1]}\n{\"input_ids\": [1, 2, 3]}\n");
        Path out = temp.resolve("made");
        Cli run = Cli.run("sft", "--model", model, "--data", data, "--steps", 1, "--out", out)
                .ok();
        assertThat(run.err())
                .startsWith("gradine: data.jsonl: 2 rows, the longest has 3 tokens (row 2); 1 left out: nothing"
                        + " to learn within 128 tokens\n");
    }

    @Test
    void conversations_need_a_chat_template() throws IOException {
        Files.delete(model.resolve("chat_template.jinja"));
        sft(CHAT)
                .refuses("data.jsonl: row 1: the model has no chat template, "
                        + "so it cannot render a"
                        + " conversation; give it one with --chat-template, for example --chat-template chatml");
    }

    @Test
    void a_variable_the_template_lacks_is_refused() {
        TinyModel.text(
                model.resolve("chat_template.jinja"),
                "{% for m in messages %}{{ m.content + date.today }}{% endfor %}");
        sft(CHAT).refuses("data.jsonl: row 1: " + model + ": chat template: line 1: 'date' is undefined");
    }

    @Test
    void a_template_that_is_none_is_refused() {
        TinyModel.text(model.resolve("chat_template.jinja"), "{% for m in %}");
        sft(CHAT).refuses(model + ": chat template: line 1: found '%}', expected an expression");
    }

    @Test
    void rows_of_another_method_are_refused() {
        TinyModel.pairs(data, 3);
        run("sft")
                .refuses("data.jsonl: row 1: row is a preference pair, expected text, a conversation "
                        + "or a prompt with its"
                        + " completion");
        TinyModel.text(data, CHAT);
        run("dpo").refuses("data.jsonl: row 1: row has no chosen and rejected answer, expected a preference pair");
    }

    @Test
    void a_model_without_tokenizer_reads_no_text() throws IOException {
        Files.delete(model.resolve("tokenizer.json"));
        sft("{\"text\": \"abc\"}\n")
                .refuses(
                        model + ": has no tokenizer, expected tokenizer.json, tokenizer.model, a GGUF file with one, or"
                                + " tok512.bin");
    }

    @Test
    void a_share_to_hold_out_must_leave_something() {
        sft("{\"text\": \"abc\"}\n", "--eval-split", 0.5)
                .refuses("data.jsonl: has 1 rows, expected more than the 1 that eval fraction 0.5 takes");
        sft("{\"text\": \"abc\"}\n{\"text\": \"abc\"}\n", "--eval-split", 1.5)
                .refuses("data.jsonl: eval fraction is 1.5, expected above 0 and below 1");
    }
}
