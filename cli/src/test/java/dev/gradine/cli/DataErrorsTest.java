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
        sft("{\"text\": \"a\"}\n{\"text\": 7}\n").refuses("R1");
        sft("{\"text\": \"a\"}\n{\"txt\": \"b\"}\n").refuses("R2");
        sft("{\"text\": \"a\"}\n{\"text\": \"b\n").refuses("R3");
        sft("{\"colour\": \"red\"}\n").refuses("R4");
    }

    @Test
    void tokens_the_model_does_not_have_are_refused() {
        sft("{\"input_ids\": [1, 2, 260]}\n").refuses("R5");
        sft("{\"input_ids\": [1, 2], \"labels\": [1]}\n").refuses("R6");
        sft("{\"input_ids\": [1, 2], \"labels\": [1, 999]}\n").refuses("R7");
    }

    @Test
    void rows_without_anything_to_learn_are_refused() {
        sft("{\"input_ids\": [1]}\n").refuses("R8");
    }

    @Test
    void conversations_need_a_chat_template() throws IOException {
        Files.delete(model.resolve("chat_template.jinja"));
        sft(CHAT).refuses("R9");
    }

    @Test
    void a_variable_the_template_lacks_is_refused() {
        TinyModel.text(
                model.resolve("chat_template.jinja"),
                "{% for m in messages %}{{ m.content + date.today }}{% endfor %}");
        sft(CHAT).refuses("R10");
    }

    @Test
    void a_template_that_is_none_is_refused() {
        TinyModel.text(model.resolve("chat_template.jinja"), "{% for m in %}");
        sft(CHAT).refuses("R11");
    }

    @Test
    void rows_of_another_method_are_refused() {
        TinyModel.pairs(data, 3);
        run("sft").refuses("R12");
        TinyModel.text(data, CHAT);
        run("dpo").refuses("R13");
    }

    @Test
    void a_model_without_tokenizer_reads_no_text() throws IOException {
        Files.delete(model.resolve("tokenizer.json"));
        sft("{\"text\": \"abc\"}\n").refuses("R14");
    }

    @Test
    void a_share_to_hold_out_must_leave_something() {
        sft("{\"text\": \"abc\"}\n", "--eval-split", 0.5).refuses("R15");
        sft("{\"text\": \"abc\"}\n{\"text\": \"abc\"}\n", "--eval-split", 1.5).refuses("R16");
    }
}
