package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Chromium;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A training run watched in a real browser.
@Tag("browser")
class DashboardBrowserTest {

    private static final Pattern URL = Pattern.compile("dashboard: (http://127\\.0\\.0\\.1:\\d+/\\w+/)");

    /// The step that the page's head names, whose thousands stand apart.
    private static final String STEPS = "document.querySelector('[data-part=head]').innerText"
            + ".match(/step ([\\d\\u2009]+)/)?.[1].replaceAll('\\u2009', '')";

    /// A run of so many steps goes on until it is told to stop, however slow the browser is.
    private static final int MORE_THAN_IT_TAKES = 1_000_000;

    @TempDir
    private Path temp = Path.of("");

    private Object[] training(String name, int steps, Object... more) {
        TinyModel.write(temp.resolve("model"));
        Path rows = TinyModel.text(
                temp.resolve("rows.jsonl"), "{\"prompt\": \"1 + 1 = \", \"completion\": \"2\"}\n".repeat(40));
        List<Object> all = new ArrayList<>(List.of("sft", "--model", temp.resolve("model"), "--data", rows));
        all.addAll(List.of("--out", temp.resolve("runs").resolve(name), "--steps", steps, "--rank", 4));
        all.addAll(List.of("--eval-split", 0.2, "--eval-every", 300, "--samples", 1, "--sample-every", 500));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    /// The address that a process has printed.
    private String url(Child child, Path printed) {
        Matcher m = URL.matcher("");
        child.await(
                "an address",
                () -> Files.exists(printed) && m.reset(Values.text(printed)).find());
        return m.group(1);
    }

    @Test
    void the_plot_grows_while_a_run_trains_and_the_page_sees_its_end() throws Exception {
        Chromium chromium = Chromium.require("whether the live page is drawn");
        Object[] args = training("a", MORE_THAN_IT_TAKES, "--dashboard");
        try (BrowserTab tab = BrowserTab.open(chromium, temp);
                Child child = Child.start(temp, args)) {
            tab.go(url(child, temp.resolve("stderr.txt")));
            tab.await(
                    "document.querySelectorAll('.chart canvas').length >= 6 && document.querySelector('.lamp.running')"
                            + " !== null && Number(" + STEPS + ") > 0");
            int before = Integer.parseInt(tab.evaluate(STEPS));
            String ink = "(() => { const c = document.querySelector('.chart.wide canvas'); const d ="
                    + " c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 3; i <"
                    + " d.length; i += 4) if (d[i]) n++; return n; })()";
            assertThat(Integer.parseInt(tab.evaluate(ink)))
                    .as("axes and a curve")
                    .isGreaterThan(1000);
            tab.evaluate("document.getElementById('ask').click()");
            tab.await("document.querySelector('[data-part=tape] a') !== null");
            tab.await("Number(" + STEPS + ") > " + (before + 100));
            tab.await("/STEP [\\d\\u2009]*[05]00\\b/.test(document.body.innerText)");
            child.terminate();
            tab.await("document.querySelector('.lamp.interrupted') !== null && document.body.dataset.ended === '1'");
            String text = tab.evaluate("document.body.innerText");
            assertThat(text)
                    .contains("model on rows.jsonl", "eval_loss", "SETTINGS", "LOG", "  eval_loss")
                    .contains("GRADIENT NORM BY LAYER", "layers.0", "interrupted");
            assertThat(tab.evaluate("document.querySelector('#layers canvas').height > 10"))
                    .isEqualTo("true");
            assertThat(tab.complaints()).isEmpty();
            if (System.getProperty("gradine.pictures") != null) {
                tab.shoot(Path.of(System.getProperty("gradine.pictures"), "run.png"));
            }
            assertThat(child.code()).isEqualTo(143);
        }
    }

    @Test
    void runs_are_drawn_over_each_other_by_steps_tokens_or_time() throws Exception {
        Chromium chromium = Chromium.require("whether runs are drawn side by side");
        Cli.run(training("a", 60, "--lr", 0.01, "--tape")).ok();
        Cli.run(training("b", 80, "--lr", 0.001)).ok();
        try (BrowserTab tab = BrowserTab.open(chromium, temp);
                Child child = Child.start(temp, "dashboard", temp.resolve("runs"))) {
            tab.go(url(child, temp.resolve("stdout.txt")));
            // Curves come run by run: a chart with the first run alone is a page on its way.
            tab.await("document.querySelectorAll('.chart canvas').length >= 4"
                    + " && /^a .* b /.test(document.querySelector('.chart .keys').innerText.replace(/\\s+/g, ' '))"
                    + " && /steps 60 80/.test(document.querySelector('#settings').innerText.replace(/\\s+/g, ' '))");
            String settings = tab.evaluate("document.querySelector('#settings').innerText.replace(/\\s+/g, ' ')");
            assertThat(settings).contains("lr 0.01 0.001", "steps 60 80").doesNotContain("rank");
            tab.evaluate(
                    "(() => { const a = document.getElementById('axis'); a.value = 'num_tokens'; a.dispatchEvent(new"
                            + " Event('change')); })()");
            tab.evaluate("document.querySelector('.runs a').click()");
            tab.await("document.title.startsWith('SFT') && document.querySelectorAll('.chart canvas').length >= 6");
            tab.evaluate("document.querySelector('[data-part=tape] a').click()");
            tab.await(
                    "document.querySelectorAll('.tape tbody tr').length > 20 && document.querySelector('#memory path')"
                            + " !== null && document.getElementById('curves').hidden");
            assertThat(tab.complaints()).isEmpty();
            if (System.getProperty("gradine.pictures") != null) {
                tab.shoot(Path.of(System.getProperty("gradine.pictures"), "tape.png"));
                tab.evaluate("history.go(-2)");
                tab.await("document.title === 'Runs' && document.querySelectorAll('.chart canvas').length >= 4");
                tab.shoot(Path.of(System.getProperty("gradine.pictures"), "runs.png"));
            }
        }
    }
}
