package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `gradine data show` prints rows as the model reads them. The tiny model's tokens are bytes.
class DataShowTest {

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
    }

    private String show(String rows, Object... more) {
        Path data = TinyModel.text(temp.resolve("rows.jsonl"), rows);
        List<Object> all = new ArrayList<>(List.of("data", "show", "--model", temp.resolve("model"), "--data", data));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray()).ok().out();
    }

    private static String row(String prompt, String completion) {
        return "{\"prompt\": \"%s\", \"completion\": \"%s\"}\n".formatted(prompt, completion);
    }

    @Test
    void learnt_tokens_are_marked_and_the_row_stands_above_them() {
        String said = show(row("1 + 1 = ", "2"));
        assertThat(said).contains("── row 1\nprompt: 1 + 1 = \ncompletion: 2\n");
        assertThat(said).contains("as 10 tokens, 2 learnt:\n1 + 1 = ⟦2<|im_end|>⟧\n");
    }

    @Test
    void a_conversation_is_shown_as_its_template_renders_it() {
        String chat = "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"},"
                + " {\"role\": \"assistant\", \"content\": \"yo\"}]}\n";
        assertThat(show(chat))
                .contains("user: hi\nassistant: yo\n")
                .contains("<|im_start|>⟦user\nhi<|im_end|>\n<|im_start|>assistant\nyo<|im_end|>\n⟧");
    }

    @Test
    void both_answers_of_a_pair_are_shown() {
        String pair = "{\"prompt\": \"p\", \"chosen\": \"c\", \"rejected\": \"r\"}\n";
        assertThat(show(pair, "--objective", "dpo")).contains("p⟦c<|im_end|>⟧", "p⟦r<|im_end|>⟧");
    }

    @Test
    void two_texts_are_shown_and_the_longer_one_is_cut() {
        Path data = TinyModel.text(
                temp.resolve("rows.jsonl"),
                "{\"sentence1\": \"so so so so good\", \"sentence2\": \"bad\", \"label\": \"no\"}\n");
        Path model = TinyEncoder.write(temp.resolve("bert"));
        Object[] args = {"--model", model, "--data", data, "--objective", "classify", "--max-length", 6};
        String said = Cli.run(Stream.concat(Stream.of("data", "show"), Stream.of(args))
                        .toArray())
                .ok()
                .out();
        assertThat(said)
                .contains("text: so so so so good\ntext_pair: bad\nlabel: \"no\"\n")
                .contains("1 row, the longest has 9 tokens (row 1); 1 cut at 6 tokens, 3 tokens lost");
    }

    @Test
    void what_is_cut_or_left_out_is_counted() {
        String said = show(row("a", "b".repeat(30)) + row("a".repeat(20), "b"), "--max-length", 16);
        assertThat(said)
                .contains("train  rows.jsonl: 2 rows, the longest has 32 tokens (row 1); 2 cut at 16 tokens, 22"
                        + " tokens lost (2 of an answer); 1 left out: nothing to learn within 16 tokens\n");
        assertThat(said).contains("tokens of a row (median 32, cut at 16)\n");
    }

    @Test
    void a_row_that_cannot_be_used_is_named_and_the_others_are_shown() {
        String said = show("{\"text\": \"fine\"}\n{\"text\": \"x\"}\n", "--rows", 0);
        assertThat(said).doesNotContain("cannot be used");
        String broken = show("{\"prompt\": \"p\", \"chosen\": \"c\", \"rejected\": \"r\"}\n");
        assertThat(broken)
                .contains("1 row cannot be used:\n  row 1: row is a preference pair, expected text, a conversation or a"
                        + " prompt with its completion\n");
    }

    @Test
    void rows_that_stand_twice_are_found_inside_the_data_and_between_its_parts() {
        assertThat(show(row("p", "a") + row("p", "b") + row("p", "a"), "--rows", 0))
                .contains("1 row the same as a row before:\n  row 3 is row 1\n");
        String same = show(row("p", "a").repeat(8), "--eval-split", 0.25, "--rows", 0);
        assertThat(same)
                .contains("2 rows held out for evaluation and trained on as well:\n")
                .contains("5 rows the same as a row");
    }

    @Test
    void rows_of_several_files_are_shown_and_counted_by_file() {
        Path other = TinyModel.text(temp.resolve("more.csv"), "prompt,completion\np,b\nq,c\n");
        assertThat(show(row("p", "a") + row("p", "b"), other, "--rows", 1))
                .contains("── rows.jsonl: row 1\nprompt: p\ncompletion: a\n", "── more.csv: row 1\nprompt: p\n")
                .doesNotContain("more.csv: row 2\nprompt")
                .contains("train  rows.jsonl: 2 rows, the longest has ", "train  more.csv: 2 rows, the longest has ")
                .contains("1 row the same as a row before:\n  more.csv: row 1 is rows.jsonl: row 2\n");
    }

    @Test
    void a_row_cannot_steer_the_terminal() {
        assertThat(show("{\"text\": \"a\\u001b[2Jb\"}\n"))
                .doesNotContain("\u001b")
                .contains("a\uFFFD[2Jb");
    }

    @Test
    void the_page_shows_rows_and_tokens_side_by_side_and_runs_nothing_of_them() {
        Path page = temp.resolve("rows.html");
        show(row("<script>alert(1)</script>", "{{rows}}"), "--html", page);
        assertThat(Values.text(page))
                .contains("<title>rows.jsonl for sft</title>", "default-src 'none'", "<h2>row 1</h2>")
                .contains("&lt;script&gt;alert(1)&lt;/script&gt;")
                .doesNotContain("<script")
                .contains("<b>{</b><b>{</b>");
    }

    @Test
    void an_unknown_objective_is_refused_with_those_there_are() {
        Path data = TinyModel.text(temp.resolve("rows.jsonl"), row("a", "b"));
        Cli.run("data", "show", "--model", temp.resolve("model"), "--data", data, "--objective", "dpoo")
                .refuses("--objective: \"dpoo\", expected one of sft, dpo, orpo, cpo, simpo, alphapo, slic, tpo,"
                        + " kto, bco, reward, classify, grpo, rloo, online-dpo, distill");
    }
}
