package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `gradine compare` over two runs that differ in rank and rate.
class CompareTest {

    @TempDir
    private static Path temp = Path.of("");

    @BeforeAll
    static void train() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.text(temp.resolve("rows.jsonl"), "{\"prompt\": \"1 + 1 = \", \"completion\": \"2\"}\n".repeat(10));
        train("slow", "--rank", 2, "--lr", 1e-6);
        train("fast", "--rank", 4, "--lr", 0.05);
    }

    private static void train(String name, Object... more) {
        List<Object> all =
                new ArrayList<>(List.of("sft", "--model", temp.resolve("model"), "--out", temp.resolve(name)));
        all.addAll(List.of("--data", temp.resolve("rows.jsonl"), "--steps", 5, "--eval-split", 0.2, "--samples", 1));
        all.addAll(Arrays.asList(more));
        Cli.run(all.toArray()).ok();
    }

    private static String compare(Object... args) {
        List<Object> all = new ArrayList<>(List.of("compare", temp.resolve("slow"), temp.resolve("fast")));
        all.addAll(Arrays.asList(args));
        return Cli.run(all.toArray()).ok().out();
    }

    @Test
    void only_settings_that_differ_are_listed() {
        String settings = compare().split("\n\n", 2)[0];
        assertThat(settings.lines().map(l -> l.split(" ", 2)[0])).containsExactly("setting", "rank", "alpha", "lr");
        assertThat(settings).containsPattern("setting +slow +fast\\n").containsPattern("rank +2 +4");
    }

    @Test
    void the_best_of_each_figure_has_a_star() {
        String results = compare().split("\n\n", 3)[1];
        assertThat(results).containsPattern("(?m)^training loss +\\d+\\.\\d+ +\\d+\\.\\d+ \\*$");
        assertThat(results).containsPattern("(?m)^eval_loss +\\d+\\.\\d+ +\\d+\\.\\d+ \\*$");
        assertThat(results).containsPattern("(?m)^trained values +[\\d,]+ +[\\d,]+$");
    }

    @Test
    void answers_to_one_prompt_stand_together() {
        assertThat(compare()).containsPattern("prompt: 1 \\+ 1 =\\n  slow: .*\\n  fast: .*\\n");
    }

    @Test
    void the_page_has_a_curve_of_each_run_and_marks_the_best() {
        Path page = temp.resolve("compare.html");
        compare("--html", page);
        assertThat(Values.text(page))
                .contains("<figcaption>loss</figcaption>", "class=\"r0\" d=\"M", "class=\"r1\" d=\"M")
                .contains("<li>slow</li><li>fast</li>", "<td class=\"best\">")
                .doesNotContain("<script", "{{");
    }

    @Test
    void one_run_is_nothing_to_compare() {
        Cli.run("compare", temp.resolve("slow")).refuses("compare: 1 run, expected at least two");
    }

    @Test
    void a_folder_without_a_run_is_named() {
        Path none = temp.resolve("model");
        assertThat(Cli.run("compare", temp.resolve("slow"), none).err()).contains(none.toString());
    }
}
