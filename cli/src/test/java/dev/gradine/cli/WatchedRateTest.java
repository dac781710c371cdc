package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Learning rates that follow the evaluations of a run.
class WatchedRateTest {

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.tokenRows(temp.resolve("data.jsonl"), 10, 12, 1);
    }

    private Object[] args(String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("sft", "--model", temp.resolve("model")));
        all.addAll(List.of("--data", temp.resolve("data.jsonl"), "--out", temp.resolve(out), "--samples", 0));
        all.addAll(List.of("--schedule", "reduce_on_plateau", "--steps", 8));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    /// The rows are random, so that held-out ones are soon worse.
    private static final Object[] FALLING = {
        "--lr", 0.05, "--eval-split", 0.2, "--eval-every", 1, "--plateau-patience", 0, "--plateau-factor", 0.5
    };

    private static Object[] join(Object[] some, Object... more) {
        List<Object> all = new ArrayList<>(Arrays.asList(some));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    @Test
    void the_rate_falls_after_each_evaluation_that_is_not_better() {
        Cli.run(args("out", FALLING)).ok();
        double best = Double.POSITIVE_INFINITY;
        double expected = 0.05;
        int lowered = 0;
        for (Map<String, Object> line : Values.metrics(temp.resolve("out"))) {
            if (line.containsKey("learning_rate")) {
                assertThat(Values.number(line, "learning_rate")).isEqualTo(expected);
            } else if (Values.number(line, "step") > 0) {
                double value = Values.number(line, "eval_loss");
                boolean better = value < best * (1 - 1e-4);
                if (better) best = value;
                else lowered++;
                if (!better) expected /= 2;
            }
        }
        assertThat(lowered).isPositive();
    }

    @Test
    void a_run_that_stops_after_every_step_has_the_same_rates() {
        Cli.run(args("whole", FALLING)).ok();
        Object[] stopping = args("out", join(FALLING, "--max-hours", 1e-9, "--resume", "auto"));
        for (int i = 1; i < 8; i++) assertThat(Cli.run(stopping).code()).isEqualTo(130);
        Cli.run(stopping).ok();
        assertThat(Values.timeless(temp.resolve("out"))).isEqualTo(Values.timeless(temp.resolve("whole")));
    }

    @Test
    void without_evaluations_it_is_refused() {
        Cli run = Cli.run(args("out", "--eval-split", 0.2));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err())
                .endsWith(
                        "--schedule reduce-on-plateau: follows evaluations, expected --eval-split and --eval-every\n");
    }
}
