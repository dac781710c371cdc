package dev.gradine.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs that nobody watches: they go on by themselves, end by themselves, and keep what was best.
class UnattendedTest {

    private static final String WEIGHTS = "adapter_model.safetensors";
    private static final String STATE = "state.safetensors";

    @TempDir
    private Path temp = Path.of("");

    private Path out = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.tokenRows(temp.resolve("data.jsonl"), 13, 12, 1);
        out = temp.resolve("run");
    }

    private Object[] args(Path folder, int steps, Object... more) {
        List<Object> all = new ArrayList<>(List.of("sft", "--model", temp.resolve("model"), "--out", folder));
        all.addAll(List.of("--data", temp.resolve("data.jsonl"), "--schedule", "constant"));
        all.addAll(List.of("--rank", 4, "--dropout", 0.2, "--batch", 2, "--steps", steps));
        List<Object> given = Arrays.asList(more);
        if (!given.contains("--lr")) all.addAll(List.of("--lr", 0.01));
        if (!given.contains("--samples")) all.addAll(List.of("--samples", 0));
        all.addAll(given);
        return all.toArray();
    }

    private void assertSame(Path one, Path other) {
        assertThat(Values.bytes(one.resolve(WEIGHTS))).isEqualTo(Values.bytes(other.resolve(WEIGHTS)));
        assertThat(Values.timeless(one)).isEqualTo(Values.timeless(other));
        assertThat(Values.content(one)).isEqualTo(Values.content(other)).doesNotContain("checkpoints");
    }

    private static Object[] join(Object[] some, Object... more) {
        return Stream.concat(Arrays.stream(some), Arrays.stream(more)).toArray();
    }

    /// With a mean of weights, a guard and states of eight bits: whatever is kept from step to step.
    @Test
    void a_run_killed_three_times_and_started_again_ends_with_the_same_bytes() {
        Object[] how = {"--save-every", 4, "--keep-checkpoints", 2, "--ema", 0.9, "--max-spike", 30};
        how = join(how, "--optimizer", "adamw_8bit", "--min-8bit-size", 0, "--eval-split", 0.2, "--eval-every", 8);
        SplittableRandom rng = new SplittableRandom(5);
        int lines = 0;
        for (int kill = 0; kill < 3; kill++) {
            try (Child child = Child.start(temp, List.of("-XX:TieredStopAtLevel=1"), auto(how))) {
                lines += rng.nextInt(6, 14);
                child.awaitLines(out.resolve("metrics.jsonl"), lines);
                child.kill();
            }
        }
        Cli.run(auto(how)).ok();
        Path whole = temp.resolve("whole");
        Cli.run(args(whole, 60, how)).ok();
        assertSame(out, whole);
        Cli again = Cli.run(auto(how)).ok();
        assertThat(again.err()).contains("--resume auto: the run in " + out + " has finished; nothing is to be done");
    }

    private Object[] auto(Object... how) {
        return args(out, 60, join(how, "--resume", "auto"));
    }

    @Test
    void a_budget_of_time_ends_a_run_with_a_checkpoint_and_it_goes_on() {
        Cli stopped = Cli.run(args(out, 6, "--max-hours", 1e-9));
        assertThat(stopped.code()).isEqualTo(130);
        assertThat(stopped.out()).contains("interrupted; --resume goes on");
        assertThat(Values.content(out.resolve("checkpoints"))).containsExactly("step-00000001");
        Cli.run(args(out, 6, "--resume")).ok();
        Path whole = temp.resolve("whole");
        Cli.run(args(whole, 6)).ok();
        assertSame(out, whole);
    }

    /// Stops a run after each of its first steps, by its budget.
    private void leaveCheckpoints() {
        Cli.run(args(out, 8, "--max-hours", 1e-9, "--keep-checkpoints", 3));
        for (int i = 2; i <= 4; i++) {
            Cli.run(args(out, 8, "--max-hours", 1e-9, "--keep-checkpoints", 3, "--resume"));
        }
        assertThat(Values.content(out.resolve("checkpoints")))
                .containsExactly("step-00000002", "step-00000003", "step-00000004");
    }

    @Test
    void a_damaged_checkpoint_is_passed_over_by_auto_and_refused_else() throws IOException {
        leaveCheckpoints();
        Path state = out.resolve("checkpoints/step-00000004").resolve(STATE);
        byte[] bytes = Files.readAllBytes(state);
        bytes[bytes.length - 3] ^= 1;
        Files.write(state, bytes);
        Files.write(out.resolve("checkpoints/step-00000003/state.json"), new byte[] {'{'});
        String damaged = state + ": is damaged: its bytes are not those that were written";
        Cli.run(args(out, 8, "--resume")).refuses(damaged);
        Cli resumed = Cli.run(args(out, 8, "--resume", "auto")).ok();
        assertThat(resumed.err())
                .contains("gradine: " + damaged + "; it is passed over")
                .contains("step-00000003/state.json: line 1");
        Path whole = temp.resolve("whole");
        Cli.run(args(whole, 8)).ok();
        assertSame(out, whole);
    }

    @Test
    void auto_begins_where_no_checkpoint_is_whole() throws IOException {
        Cli.run(args(out, 4, "--max-hours", 1e-9));
        Files.delete(out.resolve("checkpoints/step-00000001").resolve(STATE));
        assertThat(Cli.run(args(out, 4, "--resume", "auto")).ok().err()).contains("it is passed over");
        Path whole = temp.resolve("whole");
        Cli.run(args(whole, 4)).ok();
        assertSame(out, whole);
    }

    private static double evalLoss(Path folder, int step) {
        return Values.metrics(folder).stream()
                .filter(row -> row.containsKey("eval_loss") && Values.number(row, "step") == step)
                .mapToDouble(row -> Values.number(row, "eval_loss"))
                .findFirst()
                .orElseThrow();
    }

    /// The rows are random, so that held-out ones are soon worse: what is best comes early.
    @Test
    void the_best_evaluation_is_kept_and_patience_ends_the_run() {
        Object[] how = {"--eval-split", 0.3, "--eval-every", 2, "--lr", 0.03};
        Cli run = Cli.run(args(out, 60, join(how, "--patience", 3))).ok();
        List<Map<String, Object>> evaluations = Values.metrics(out).stream()
                .filter(row -> row.containsKey("eval_loss"))
                .toList();
        double least = evaluations.stream()
                .mapToDouble(row -> Values.number(row, "eval_loss"))
                .min()
                .orElseThrow();
        int best = evaluations.stream()
                .filter(row -> Values.number(row, "eval_loss") == least)
                .mapToInt(row -> (int) Values.number(row, "step"))
                .findFirst()
                .orElseThrow();
        int last = (int) Values.number(requireNonNull(evaluations.getLast()), "step");
        assertThat(last).isEqualTo(best + 3 * 2).isLessThan(60);
        assertThat(run.err())
                .contains("3 evaluations without a better one than eval_loss %.4f of step %d: the run ends"
                        .formatted(least, best))
                .contains("the adapter has the values of the best evaluation, eval_loss %.4f of step %d"
                        .formatted(least, best));
        assertThat(run.out()).contains("eval_loss").contains("%.4f → %.4f".formatted(evalLoss(out, 0), least));
        assertThat(best).isPositive();
        Path until = temp.resolve("until");
        Cli.run(args(until, best, how)).ok();
        assertThat(Values.bytes(out.resolve(WEIGHTS))).isEqualTo(Values.bytes(until.resolve(WEIGHTS)));

        Path killed = temp.resolve("killed");
        Object[] saved = args(killed, 60, join(how, "--patience", 3, "--save-every", 3, "--resume", "auto"));
        try (Child child = Child.start(temp, List.of("-XX:TieredStopAtLevel=1"), saved)) {
            child.awaitLines(killed.resolve("metrics.jsonl"), last + 2); // behind the best, before the end
            child.kill();
        }
        Cli.run(saved).ok();
        assertSame(killed, out);
    }

    @Test
    void prompts_are_answered_on_the_way_and_not_twice_by_a_run_that_goes_on() {
        TinyModel.text(temp.resolve("data.jsonl"), "{\"text\":\"aababb\"}\n{\"text\":\"bbaab\"}\n".repeat(3));
        Object[] how = {"--samples", 2, "--sample-every", 2};
        Path whole = temp.resolve("whole");
        Cli.run(args(whole, 6, how)).ok();
        List<Map<String, Object>> answers = Values.jsonLines(whole.resolve("samples.jsonl"));
        assertThat(answers.stream().map(a -> (int) Values.number(a, "step"))).containsExactly(2, 2, 4, 4, 6, 6);
        assertThat(answers).allMatch(a -> a.containsKey("prompt") && a.containsKey("answer"));
        Cli.run(args(out, 6, join(how, "--max-hours", 1e-9)));
        Cli.run(args(out, 6, join(how, "--max-hours", 1e-9, "--resume")));
        TinyModel.text(out.resolve("samples.jsonl"), Values.text(out.resolve("samples.jsonl")) + "{\"step\":5,\"pr");
        Cli.run(args(out, 6, join(how, "--resume"))).ok();
        assertThat(Values.jsonLines(out.resolve("samples.jsonl"))).isEqualTo(answers);
    }

    @Test
    void an_option_that_would_do_nothing_is_refused() {
        refused("--patience: no rows are held out, expected --eval-split", "--patience", 2);
        refused("--best: no evaluation in between, expected --eval-every", "--best", "eval_loss", "--eval-split", 0.3);
        refused("--min-delta does nothing without --best or --patience", "--min-delta", 0.1);
        refused("--max-hours: 0.0, expected above 0", "--max-hours", 0);
        refused("ema: 1.0, expected above 0 and below 1", "--ema", 1);
        refused("resume: \"never\", expected one of [no, latest, auto]", "--resume", "never");
        Cli run = Cli.run(args(out, 4, "--best", "eval_rewards", "--eval-split", 0.3, "--eval-every", 2));
        run.refuses("--best: \"eval_rewards\", expected one of eval_loss, eval_mean_token_accuracy");
        assertThat(out.resolve("metrics.jsonl")).doesNotExist();
    }

    private void refused(String message, Object... more) {
        Cli.run(args(out, 4, more)).refuses(message);
    }
}
