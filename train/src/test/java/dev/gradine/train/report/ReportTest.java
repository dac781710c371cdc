package dev.gradine.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.optim.Metric;
import dev.gradine.train.MetricsLog;
import dev.gradine.train.RunFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {

    /// Ends a script, opens a comment, breaks out of an attribute, and looks like a hole of the template.
    private static final String HOSTILE =
            "</script><!--<script>alert(1)</script><img src=x onerror=alert(2)>\" '&amp; {{data}} $1 \\ \u2028";

    /// Whatever makes a browser fetch something.
    private static final Pattern FETCH = Pattern.compile("(?i)<link|<iframe|\\ssrc\\s*=|\\shref\\s*=|url\\(|@import");

    @TempDir
    Path dir;

    private String page() throws IOException {
        return Files.readString(Report.write(dir));
    }

    private static String json(String page) {
        String open = "<script type=\"application/json\" id=\"data\">";
        int from = page.indexOf(open) + open.length();
        return page.substring(from, page.indexOf("</script>", from));
    }

    @Test
    void the_page_holds_every_logged_number() throws IOException {
        MadeUpRun.sft(dir);
        JsonNode metrics = new JsonMapper().readTree(json(page())).get("metrics");
        for (Map<String, Object> line : MetricsLog.read(dir.resolve(MetricsLog.FILE))) {
            int at = Integer.parseInt(String.valueOf(line.get("step"))) - 1;
            assertThat(metrics.get("steps").get(at).asInt()).isEqualTo(at + 1);
            line.forEach((name, value) -> {
                if (name.equals("step")) return;
                assertThat(metrics.get("columns").get(name).get(at).asDouble())
                        .isEqualTo(((Number) value).doubleValue());
            });
        }
        assertThat(metrics.get("columns").get("eval_loss").get(0).isNull()).isTrue();
    }

    @Test
    void a_fine_tuning_run_shows_its_figures() throws IOException {
        MadeUpRun.sft(dir);
        assertThat(page())
                .contains(
                        "<title>SFT · SmolLM2-135M-Instruct on letters.jsonl</title>",
                        "Supervised fine-tuning",
                        "22 November 2026, 06:46")
                .contains("gradine sft --model models/SmolLM2-135M-Instruct --data &#39;my data/letters.jsonl&#39;")
                .contains(
                        "<b>2.412 <i>→</i> 1.049</b>",
                        "perplexity 11.16 → 2.855",
                        "<b>47.1\u2009% <i>→</i> 70.2\u2009%</b>")
                .contains("<b>1.6\u2009%</b><small>2.22\u2009M of 136.7\u2009M parameters</small>")
                .contains("<b>409.6\u2009k</b><small>200 steps, 2 epochs</small>", "<b>8\u2009min 31\u2009s</b>")
                .contains(
                        "<b>1270\u2009MB</b>",
                        "Dear Ruth,",
                        "3 of 1603 rows",
                        "<td>2e-4</td>",
                        "<td>AMD EPYC 7B13</td>")
                .doesNotContain("Reward margin", "{{");
    }

    @Test
    void a_preference_run_shows_accuracy_and_margin_and_no_perplexity() throws IOException {
        MadeUpRun.dpo(dir);
        assertThat(page())
                .contains("Direct preference optimisation", "<small>held-out rows</small>")
                .contains("<dt>Preference accuracy</dt>", "<dt>Reward margin</dt>")
                .contains("<b>50.0\u2009% <i>→</i> 85.4\u2009%</b>", "<b>0 <i>→</i> 1.770</b>")
                .contains("<td>−0.5359</td>")
                .doesNotContain("perplexity");
    }

    @Test
    void figures_and_curves_are_those_the_objective_names() throws IOException {
        RunInfo run = MadeUpRun.sft(dir);
        Metric made = Metric.rising("made_up", Metric.SHARE, "Made-up share").in("Made-up panel");
        run.with(new RunInfo.Objective("Learning by invention", List.of(Metric.loss("nats per invention"), made)))
                .write(dir);
        try (MetricsLog log = MetricsLog.resume(dir.resolve(MetricsLog.FILE), 0)) {
            log.write(1, Map.of("made_up", 0.25));
            log.write(2, Map.of("made_up", 0.5));
        }
        String page = page();
        assertThat(page)
                .contains("Learning by invention", "<dt>Made-up share</dt>", "<b>25.0\u2009% <i>→</i> 50.0\u2009%</b>")
                .doesNotContain("perplexity", "<dt>Token accuracy</dt>");
        JsonNode shown = new JsonMapper()
                .readTree(json(page))
                .get("run")
                .get("objective")
                .get("metrics");
        assertThat(shown.get(1).get("panel").asString()).isEqualTo("Made-up panel");
    }

    @Test
    void hostile_text_stays_text_wherever_it_comes_from() throws IOException {
        RunInfo.Launch launch = new RunInfo.Launch(List.of(HOSTILE), HOSTILE, HOSTILE, "2026-11-22T06:46:20Z");
        new RunInfo(
                        launch,
                        new RunInfo.End(RunInfo.Status.FAILED, HOSTILE, "2026-11-22T06:46:20Z", 1),
                        new RunInfo.Machine(HOSTILE, 1, 1, 1, HOSTILE, HOSTILE),
                        new RunInfo.Objective(
                                HOSTILE,
                                List.of(Metric.rising(HOSTILE, HOSTILE, HOSTILE).in(HOSTILE))),
                        Map.of(HOSTILE, List.of(HOSTILE)),
                        new RunInfo.Model(HOSTILE, HOSTILE, 1, 1),
                        new RunInfo.Data(List.of(HOSTILE), 1, 1, 1),
                        RunInfo.Memory.NONE,
                        new RunInfo.Outcome(
                                Map.of(HOSTILE, 1.0),
                                Map.of(),
                                List.of(new RunInfo.Sample(HOSTILE, HOSTILE, HOSTILE)),
                                List.of(HOSTILE)))
                .write(dir);
        try (MetricsLog log = MetricsLog.create(dir.resolve(MetricsLog.FILE))) {
            log.write(1, Map.of(HOSTILE, 1));
        }
        String page = page();
        assertThat(page).doesNotContain("<img", "alert(1)</script>").contains("&lt;img src=x onerror=alert(2)&gt;");
        assertThat(page.split("<script", -1))
                .as("one block of data, two programs")
                .hasSize(4);
        assertThat(page.split("<!--", -1)).as("the licence").hasSize(2);
        String json = json(page);
        assertThat(json).doesNotContain("<", ">", "\u2028");
        JsonNode run = new JsonMapper().readTree(json).get("run");
        assertThat(run.get("outcome").get("notes").get(0).asString()).isEqualTo(HOSTILE);
    }

    @Test
    void nothing_is_fetched() throws IOException {
        MadeUpRun.dpo(dir);
        String page = page();
        assertThat(FETCH.matcher(page).find()).isFalse();
        assertThat(FETCH.matcher("<style>@import 'x'</style>").find())
                .as("the check can fail")
                .isTrue();
        // The one address in the page is where uPlot's first line says it comes from.
        assertThat(page.split("https?://", -1)).hasSize(2);
        assertThat(page).contains("/*! https://github.com/leeoniya/uPlot (v1.6.32) */");
        assertThat(page).contains("Content-Security-Policy\" content=\"default-src 'none';");
    }

    @Test
    void the_charts_licence_is_in_the_page() throws IOException {
        MadeUpRun.sft(dir);
        assertThat(page()).contains("The MIT License (MIT)", "Copyright (c) 2022 Leon Sorokin", "OR OTHER DEALINGS IN");
    }

    @Test
    void a_run_that_failed_before_its_first_step_has_a_page_that_says_so() throws IOException {
        RunInfo.Launch launch = new RunInfo.Launch(List.of("gradine", "sft"), "sft", "0.1.0", "2026-11-22T06:46:20Z");
        RunInfo.begun(launch, new RunInfo.Machine("p", 2, 1024, 256, "o", "25"), Map.of())
                .with(new RunInfo.End(RunInfo.Status.FAILED, "model: is absent", "2026-11-22T06:46:21Z", 1))
                .write(dir);
        assertThat(page())
                .contains("<p class=\"message\">model: is absent</p>", "No step was logged.", "No model loaded")
                .contains("lamp failed")
                .doesNotContain("id=\"charts\"", "<h2>Samples", "<h2>Evaluation", "<h2>Settings");
    }

    @Test
    void the_page_is_written_anew_and_nothing_else_is_left() throws IOException {
        MadeUpRun.sft(dir);
        Report.write(dir);
        Report.write(dir);
        try (Stream<Path> files = Files.list(dir)) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .containsExactlyInAnyOrder("metrics.jsonl", "run.json", "report.html");
        }
    }

    @Test
    void a_folder_without_a_run_is_an_error() {
        assertThatThrownBy(() -> Report.write(dir))
                .isInstanceOf(RunFileException.class)
                .hasMessage(dir.resolve("run.json") + ": is absent, expected the description of a run");
    }
}
