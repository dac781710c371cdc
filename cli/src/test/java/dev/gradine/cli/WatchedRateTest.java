package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Learning rates that follow the evaluations of a run.
class WatchedRateTest {

    @TempDir
    private Path temp = Path.of("");

    private TinyRuns runs = new TinyRuns(temp);

    @BeforeEach
    void prepare() {
        runs = TinyRuns.on(temp, 10, 12);
    }

    private Object[] args(String out, Object... more) {
        Object[] watching = {"--schedule", "reduce_on_plateau", "--steps", 8};
        return runs.args(out, TinyRuns.join(watching, more));
    }

    /// Falls by half at each evaluation that is not better.
    private static final Object[] WATCHED = {
        "--eval-split", 0.2, "--eval-every", 1, "--plateau-patience", 0, "--plateau-factor", 0.5
    };

    /// The rows are random, so that held-out ones are soon worse.
    private static final Object[] FALLING = TinyRuns.join(WATCHED, "--lr", 0.05);

    @Test
    void the_rate_falls_after_each_evaluation_that_is_not_better() {
        Cli.run(args("out", FALLING)).ok();
        double best = Double.POSITIVE_INFINITY;
        double expected = 0.05;
        int lowered = 0;
        for (Map<String, Object> line : runs.metrics("out")) {
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

    /// The first step is so long, and of the head, that random rows which are held out are worse after it.
    @Test
    void the_evaluation_before_the_first_step_is_not_counted() {
        Cli.run(args("out", TinyRuns.join(WATCHED, "--lr", 1, "--targets", "lm_head")))
                .ok();
        List<Map<String, Object>> lines = runs.metrics("out");
        double[] losses = lines.stream()
                .filter(line -> line.containsKey("eval_loss"))
                .mapToDouble(line -> Values.number(line, "eval_loss"))
                .toArray();
        double[] rates = lines.stream()
                .filter(line -> line.containsKey("learning_rate"))
                .mapToDouble(line -> Values.number(line, "learning_rate"))
                .toArray();
        assertThat(losses[1]).isGreaterThan(losses[0]);
        assertThat(rates[1]).isEqualTo(rates[0]).isEqualTo(1);
    }

    @Test
    void a_run_that_stops_after_every_step_has_the_same_rates() {
        Cli.run(args("whole", FALLING)).ok();
        Object[] stopping = args("out", TinyRuns.join(FALLING, "--max-hours", 1e-9, "--resume", "auto"));
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
