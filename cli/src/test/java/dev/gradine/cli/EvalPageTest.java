package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Evaluations become a page, and two of them stand side by side, item by item.
class EvalPageTest {

    @TempDir
    private Path temp = Path.of("");

    /// An evaluation written by hand: three items, of which those in `right` are scored 1.
    private Path run(String name, List<Integer> right) throws IOException {
        Path folder = Files.createDirectories(temp.resolve(name));
        double mean = right.size() / 3.0;
        Files.writeString(
                folder.resolve("results_2026-01-01.json"),
                "{\"results\": {\"t\": {\"alias\": \"t\", \"acc,none\": %s, \"acc_stderr,none\": 0.1}}}"
                        .formatted(mean));
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 3; i++) {
            lines.append("{\"doc_id\": %d, \"target\": 0, \"filter\": \"none\", \"metrics\": [\"acc\"], \"acc\": %d.0,"
                    .formatted(i, right.contains(i) ? 1 : 0));
            lines.append("\"arguments\": {\"gen_args_0\": {\"arg_0\": \"<b>ask %d</b>\", \"arg_1\": \" yes\"},"
                    .formatted(i));
            lines.append("\"gen_args_1\": {\"arg_0\": \"\", \"arg_1\": \" no\"}},");
            lines.append("\"filtered_resps\": [[\"-1.5\", \"True\"], [\"-2.5\", \"False\"]]}\n");
        }
        Files.writeString(folder.resolve("samples_t_2026-01-01.jsonl"), lines.toString());
        return folder;
    }

    @Test
    void two_evaluations_differ_by_items_and_the_error_is_that_of_the_difference() throws IOException {
        Path page = temp.resolve("both.html");
        Cli run = Cli.run("compare", run("a", List.of(0, 1)), run("b", List.of(1, 2)), "--html", page)
                .ok();
        // d = −1, 0, 1: mean 0, deviation 1, error 1 / √3
        assertThat(run.out()).contains("b after a: t acc: +0.0000 ± 0.5774 on 3 items, more on 1, less on 1\n");
        String html = Files.readString(page);
        assertThat(html).contains("2 of 3 items are not scored alike", "0.6667 ± 0.1000");
        assertThat(html.indexOf("t #0: acc 1.000 | acc 0.000")).isBetween(0, html.indexOf("t #1: acc 1.000"));
        assertThat(html.indexOf("t #2: acc 0.000 | acc 1.000")).isBetween(0, html.indexOf("t #1: acc 1.000"));
    }

    @Test
    void the_page_runs_nothing_of_what_was_asked() throws IOException {
        Path page = temp.resolve("both.html");
        Cli.run("compare", run("a", List.of(0)), run("b", List.of(1)), "--html", page)
                .ok();
        assertThat(Files.readString(page))
                .contains("&lt;b&gt;ask 0&lt;/b&gt;", "default-src 'none'", "▸    -1.500  yes", "     -2.500  no")
                .doesNotContain("<script", "<b>ask");
    }

    @Test
    void an_evaluation_writes_its_own_page() throws IOException {
        Path out = temp.resolve("out");
        Cli.run(
                        "eval",
                        "--model",
                        Golden.shared("assets/models/stories260K/stories260K-f32.gguf"),
                        "--task",
                        "gsm8k",
                        "--limit",
                        1,
                        "--num-fewshot",
                        0,
                        "--data-dir",
                        Golden.golden("lmeval/data"),
                        "--out",
                        out)
                .ok();
        assertThat(Files.readString(out.resolve("report.html")))
                .contains("<h1>out</h1>", "gsm8k exact_match,flexible-extract", "gsm8k #0, strict-match: exact_match");
    }

    @Test
    void an_evaluation_and_a_training_run_are_not_compared() throws IOException {
        Path a = run("a", List.of(0));
        Cli.run("compare", a, temp.resolve("none"))
                .refuses(temp.resolve("none") + ": has no results_….json of an evaluation, as " + a + " has");
    }
}
