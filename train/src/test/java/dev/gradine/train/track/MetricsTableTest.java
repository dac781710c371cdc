package dev.gradine.train.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTableTest {

    @TempDir
    private Path temp = Path.of("");

    @Test
    void a_row_is_a_line_of_the_log_and_a_column_every_name_there_is() throws IOException {
        Files.writeString(temp.resolve("metrics.jsonl"), """
                {"step":0,"eval_loss":2.5}
                {"step":1,"loss":1.5,"a,\\"b":3}
                {"step":1,"eval_loss":2}
                """);
        new MetricsTable(temp).end(Tracker.Status.FINISHED);
        assertThat(Files.readString(temp.resolve("metrics.csv"))).isEqualTo("""
                        step,eval_loss,loss,"a,""b"
                        0,2.5,,
                        1,,1.5,3
                        1,2,,
                        """);
    }

    @Test
    void trackers_are_those_asked_for() {
        assertThat(Trackers.defaults().open(temp, 0, Map.of(), _ -> {})).isEmpty();
        List<Tracker> all =
                new Trackers(true, true, "http://127.0.0.1:1", null, null, null).open(temp, 0, Map.of(), _ -> {});
        assertThat(all.stream().map(t -> t.getClass().getSimpleName()))
                .containsExactly("EventFile", "MetricsTable", "MlflowRun");
    }

    @Test
    void options_that_would_do_nothing_are_refused() {
        assertThatThrownBy(() -> new Trackers(false, false, null, null, "one", null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--run-name does nothing without --mlflow");
        assertThatThrownBy(() -> new Trackers(false, false, null, "exp", null, null))
                .hasMessage("--mlflow-experiment does nothing without --mlflow");
        assertThatThrownBy(() -> new Trackers(false, false, "localhost", null, null, null))
                .hasMessage("--mlflow: \"localhost\", expected http://HOST:PORT");
    }
}
