package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a run says of its rows before its first step, and when it does not begin. The tiny model takes 64 tokens, one
/// for each byte.
class RowReportTest {

    private static final int POSITIONS = 64;

    @TempDir
    private Path temp = Path.of("");

    private Path out = Path.of("");

    @BeforeEach
    void prepare() {
        Path config = TinyModel.write(temp.resolve("model")).resolve("config.json");
        String text = Values.text(config);
        String shorter = text.replaceFirst("(\"max_position_embeddings\": ?)\\d+", "$1" + POSITIONS);
        assertThat(shorter).isNotEqualTo(text);
        TinyModel.text(config, shorter);
        out = temp.resolve("run");
    }

    private Object[] sft(String rows, Object... more) {
        Path data = TinyModel.text(temp.resolve("rows.jsonl"), rows);
        List<Object> all = new ArrayList<>(List.of("sft", "--model", temp.resolve("model"), "--data", data));
        all.addAll(List.of("--out", out, "--steps", 1, "--samples", 0, "--targets", "q_proj"));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    private static String text(int length) {
        return "{\"text\": \"%s\"}\n".formatted("x".repeat(length));
    }

    private static String answer(int length) {
        return "{\"prompt\": \"ab\", \"completion\": \"%s\"}\n".formatted("y".repeat(length));
    }

    @Test
    void every_run_says_how_many_rows_it_has_and_how_long_they_are() {
        String said = Cli.run(sft(text(5) + text(9) + text(7))).ok().err();
        assertThat(said).contains("gradine: rows.jsonl: 3 rows, the longest has 10 tokens (row 2)\n");
    }

    @Test
    void text_longer_than_the_model_takes_is_cut_there_and_that_is_said_once() {
        String said = Cli.run(sft(text(5).repeat(5) + text(200))).ok().err();
        assertThat(said)
                .containsOnlyOnce(
                        "rows.jsonl: 6 rows, the longest has 201 tokens (row 6); 1 cut at 64 tokens, 137 tokens"
                                + " lost\n");
    }

    @Test
    void a_length_beyond_the_positions_of_the_model_is_told() {
        String said = Cli.run(sft(text(5), "--max-length", 100)).ok().err();
        assertThat(said).contains("gradine: --max-length 100: the model has 64 positions, so examples are cut there\n");
    }

    @Test
    void a_run_in_which_many_answers_are_cut_does_not_begin() {
        Cli.run(sft(answer(5).repeat(3) + answer(100)))
                .refuses("rows.jsonl: 1 of 4 rows lose tokens of their answers, cut at 64 tokens (the longest has 103,"
                        + " row 4), expected at most 5 % of them; give --max-length, or --allow-truncation");
        assertThat(out.resolve("metrics.jsonl")).doesNotExist();
    }

    @Test
    void it_begins_where_the_user_allows_it_or_says_where_to_cut() {
        String rows = answer(5).repeat(3) + answer(100);
        String cut = "1 cut at 64 tokens, 39 tokens lost (1 of an answer)\n";
        assertThat(Cli.run(sft(rows, "--allow-truncation")).ok().err()).contains(cut);
        out = temp.resolve("second");
        assertThat(Cli.run(sft(rows, "--max-length", 64)).ok().err()).contains(cut);
    }

    @Test
    void one_cut_answer_in_twenty_is_no_reason_to_stop() {
        Cli.run(sft(answer(5).repeat(19) + answer(100))).ok();
    }

    @Test
    void a_setting_that_does_nothing_is_told() {
        String said = Cli.run(sft(text(5).repeat(5), "--eval-every", 1, "--warmup", 3))
                .ok()
                .err();
        assertThat(said)
                .contains("gradine: --eval-every 1 does nothing, for no rows are held out: give --eval-split\n")
                .contains("gradine: --warmup 3 of 1 steps: the learning rate never reaches 2.0E-4\n");
    }

    @Test
    void a_folder_that_cannot_be_made_is_found_before_the_rows_are_read() {
        Path file = TinyModel.text(temp.resolve("file"), "");
        out = file.resolve("run");
        assertThat(Cli.run(sft("no row at all")).err()).contains(out + ": ").contains("cannot be written to");
        assertThat(Files.exists(out)).isFalse();
    }
}
