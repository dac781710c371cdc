package dev.gradine.train.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.Json;
import dev.gradine.train.MetricsLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Several runs in one view, told by events.
class LiveRunsTest {

    @TempDir
    private Path temp = Path.of("");

    private static String events(Cursor cursor, View view) {
        view.refresh();
        StringBuilder all = new StringBuilder();
        for (Cursor.Event e : cursor.next()) all.append(e.text());
        return all.toString();
    }

    @Test
    void runs_are_compared_by_settings_results_and_curves() {
        try (var a = new WatchedFolder(temp.resolve("deep/a"), 8);
                var b = new WatchedFolder(temp.resolve("b"), 16)) {
            a.step(1, 2.5);
            b.step(1, 2.5);
            b.step(2, 1.5);
            View view = new RunsView(List.of(temp));
            Cursor cursor = new Cursor(view, List.of());
            assertThat(events(cursor, view))
                    .contains("\"run\":0,\"name\":\"b\"", "\"run\":1,\"name\":\"deep/a\"")
                    .contains("id: 2,1", "\"loss\":[[1,2],[2.5,1.5]]")
                    .contains("<a href=\\\"run/1/\\\">deep/a</a>", "2 going on")
                    .contains("<th scope=\\\"row\\\">rank</th><td>16</td><td>8</td>")
                    .contains("<th>training loss</th><td class=\\\"best\\\">1.5000</td><td>2.5000</td>")
                    .doesNotContain("<th scope=\\\"row\\\">steps</th>");
            assertThat(events(cursor, view)).isEmpty();
            b.end();
            a.step(2, 0.5);
            assertThat(events(cursor, view))
                    .contains("\"status\":\"finished\"", "1 going on", "\"loss\":[[2],[0.5]]")
                    .contains("<td>1.5000</td><td class=\\\"best\\\">0.5000</td>");
        }
    }

    /// The log loses its last lines and another file takes its place.
    @Test
    void a_run_that_goes_on_from_a_checkpoint_is_told_anew() {
        try (var run = new WatchedFolder(temp.resolve("a"), 8)) {
            for (int i = 1; i <= 6; i++) run.step(i, i);
            View view = new RunView(WatchedRun.of(run.folder()), false);
            Cursor cursor = new Cursor(view, List.of());
            assertThat(events(cursor, view)).contains("\"loss\":[[1,2,3,4,5,6]");
            try (MetricsLog log = MetricsLog.resume(run.folder().resolve(MetricsLog.FILE), 3)) {
                log.write(4, Map.of("loss", 0.25));
            }
            assertThat(events(cursor, view)).contains("\"anew\":true", "\"loss\":[[1,2,3,4],[1.0,2.0,3.0,0.25]]");
        }
    }

    @Test
    void a_damaged_line_is_said_on_the_page_and_what_came_before_stays() throws Exception {
        try (var run = new WatchedFolder(temp.resolve("a"), 8)) {
            run.step(1, 2.5);
            View view = new RunView(WatchedRun.of(run.folder()), false);
            Cursor cursor = new Cursor(view, List.of());
            events(cursor, view);
            Files.writeString(run.folder().resolve(MetricsLog.FILE), "{\"loss\n", StandardOpenOption.APPEND);
            assertThat(events(cursor, view)).contains("class=\\\"message\\\"", "a line of the run");
        }
    }

    @Test
    void a_run_that_has_been_silent_for_long_says_so() throws Exception {
        try (var run = new WatchedFolder(temp.resolve("a"), 8)) {
            run.step(1, 2.5);
            View view = new RunsView(List.of(temp));
            Cursor cursor = new Cursor(view, List.of());
            assertThat(events(cursor, view)).contains("<td>running</td>").doesNotContain("silent");
            Path log = run.folder().resolve(MetricsLog.FILE);
            Files.setLastModifiedTime(log, FileTime.from(Instant.now().minusSeconds(7 * 60 + 5)));
            assertThat(events(cursor, view)).contains("<td>running, silent for 7 min</td>");
            run.end();
            assertThat(events(cursor, view)).contains("<td>finished</td>");
        }
    }

    @Test
    void hostile_text_stays_text_wherever_it_comes_from() throws Exception {
        String hostile = "</script><img src=x onerror=alert(1)>\"'";
        try (var run = new WatchedFolder(temp.resolve("a<img src=x onerror=alert(1)>"), 8)) {
            run.step(1, 2.5);
            Path folder = run.folder();
            String answer = Json.line(Map.of("step", 1, "prompt", hostile, "answer", hostile));
            Files.writeString(folder.resolve("samples.jsonl"), answer + "\n");
            Files.writeString(folder.resolve("log.txt"), hostile + "\n");
            Map<String, Object> op = Map.of("op", hostile, "place", hostile, "shape", List.of(1), "dtype", hostile);
            Json.write(folder.resolve("tape.json"), Map.of("step", 1, "events", 1, "ops", List.of(op)));
            WatchedRun watched = WatchedRun.of(folder);
            for (View view : List.of(new RunView(watched, true), new TapeView(watched), new RunsView(List.of(temp)))) {
                view.refresh();
                String html = String.join("", view.parts().values()) + LivePage.html(view);
                assertThat(html)
                        .doesNotContain("<img", "alert(1)</script>")
                        .contains("&lt;img src=x onerror=alert(1)&gt;");
            }
        }
    }

    @Test
    void a_path_that_is_no_folder_is_one_line() {
        assertThatThrownBy(() -> LiveRuns.open(0, List.of(temp.resolve("none"))))
                .hasMessage(temp.resolve("none") + ": is no folder, expected one of runs");
    }
}
