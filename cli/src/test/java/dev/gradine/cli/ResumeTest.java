package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A run that was stopped, however rudely, goes on as if it had not been: with dropout, accumulated gradients and data
/// shuffled anew in each of many epochs.
class ResumeTest {

    private static final int STEPS = 80; // of which a run must not reach the last before it is stopped
    private static final List<String> SLOW = List.of("-XX:TieredStopAtLevel=1");
    private static final Path STATUS = Path.of("/proc/self/status");

    @TempDir
    private Path temp = Path.of("");

    private Path out = Path.of("");
    private List<Object> adapter = List.of("--rank", 4, "--dropout", 0.2);
    private String command = "sft";

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.tokenRows(temp.resolve("data.jsonl"), 13, 12, 1);
        out = temp.resolve("run");
    }

    private Object[] args(Path folder, Object... more) {
        List<Object> all = new ArrayList<>(List.of(command, "--model", temp.resolve("model"), "--out", folder));
        all.addAll(List.of("--data", temp.resolve("data.jsonl"), "--lr", 0.01));
        all.addAll(adapter);
        all.addAll(List.of("--batch", 2, "--accumulate", 2, "--steps", STEPS, "--samples", 0));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    private static Object[] join(Object[] some, Object... more) {
        return Stream.concat(Arrays.stream(some), Arrays.stream(more)).toArray();
    }

    /// Resumes, and compares with a run that was never stopped.
    private void assertResumesAsIfNothingHadHappened(Object... more) {
        Cli.run(args(out, join(more, "--resume"))).ok();
        assertIsAsIfNothingHadHappened(more);
    }

    private void assertIsAsIfNothingHadHappened(Object... more) {
        Path whole = temp.resolve("whole");
        Cli.run(args(whole, more)).ok();
        String weights = "adapter_model.safetensors";
        assertThat(Values.bytes(out.resolve(weights))).isEqualTo(Values.bytes(whole.resolve(weights)));
        assertThat(Values.timeless(out)).isEqualTo(Values.timeless(whole)).hasSize(STEPS);
        assertThat(Values.content(out)).isEqualTo(Values.content(whole)).doesNotContain("checkpoints");
    }

    @ParameterizedTest
    @ValueSource(strings = {"adamw", "lion", "sgd"})
    void a_killed_run_goes_on_from_its_checkpoint(String optimizer) {
        Object[] how = {"--optimizer", optimizer, "--weight-decay", 0.1};
        try (Child child = Child.start(temp, SLOW, args(out, join(how, "--save-every", 5)))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 12);
            child.kill();
        }
        assertThat(Values.content(out)).contains("checkpoints").doesNotContain("adapter_model.safetensors");
        assertResumesAsIfNothingHadHappened(how);
    }

    /// Their networks are in no adapter's file, but the checkpoint has all that is trained.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "p-tuning --prompt-encoder lstm --encoder-hidden-size 3 --encoder-dropout 0.2",
                "prefix-tuning --prefix-projection --encoder-hidden-size 3"
            })
    void a_network_that_computes_virtual_tokens_goes_on_learning(String method) {
        adapter = List.of((Object[]) ("--adapter " + method + " --virtual-tokens 2").split(" "));
        try (Child child = Child.start(temp, SLOW, args(out, "--save-every", 5))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 12);
            child.kill();
        }
        assertThat(Values.content(out)).contains("checkpoints");
        assertResumesAsIfNothingHadHappened();
    }

    /// Its threshold is a mean over all rewards of the run.
    @Test
    void what_an_objective_remembers_is_remembered() {
        command = "bco";
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 13; i++) {
            rows.append("{\"prompt\": \"%s\", \"completion\": \"%s\", \"label\": %b}\n"
                    .formatted("ab".repeat(1 + i % 5), "xyz".repeat(1 + i % 3), i % 3 == 0));
        }
        TinyModel.text(temp.resolve("data.jsonl"), rows.toString());
        try (Child child = Child.start(temp, SLOW, args(out, "--save-every", 5))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 12);
            child.kill();
        }
        assertThat(Values.content(out)).contains("checkpoints");
        assertResumesAsIfNothingHadHappened();
        double last = Values.number(Values.metrics(out).getLast(), "delta");
        assertThat(last).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"eva", "lora_ga:batches=2"})
    void what_begins_from_data_begins_the_same_again(String init) {
        adapter = List.of("--rank", 2, "--init-lora-weights", init);
        try (Child child = Child.start(temp, SLOW, args(out, "--save-every", 5))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 12);
            child.kill();
        }
        assertThat(Values.content(out)).contains("checkpoints");
        assertResumesAsIfNothingHadHappened();
    }

    @Test
    void the_folder_alone_says_how_to_go_on() {
        try (Child child = Child.start(temp, SLOW, args(out, "--save-every", 5))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 12);
            child.kill();
        }
        Cli.run("sft", "--resume", "--out", out).ok();
        assertIsAsIfNothingHadHappened();
    }

    @Test
    void a_run_of_another_command_is_not_gone_on_with() {
        try (Child child = Child.start(temp, SLOW, args(out, "--save-every", 5))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 7);
            child.kill();
        }
        Cli.run("dpo", "--resume", "--out", out)
                .refuses("--resume: %s is a run of sft, expected one of dpo".formatted(out));
    }

    @Test
    void a_run_that_stopped_before_its_first_checkpoint_begins_anew() {
        try (Child child = Child.start(temp, SLOW, args(out, "--save-every", 0))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 2);
            child.kill();
        }
        assertThat(Values.content(out)).doesNotContain("checkpoints");
        assertResumesAsIfNothingHadHappened();
    }

    @Test
    void what_a_writer_that_died_left_behind_is_removed() throws IOException {
        try (Child child = Child.start(temp, SLOW, args(out, "--save-every", 5))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 12);
            child.kill();
        }
        long dead = deadProcess();
        Path half = Files.createDirectory(out.resolve("checkpoints/.step-00000010.%d-3.tmp".formatted(dead)));
        Files.writeString(half.resolve("state.safetensors"), "half");
        Files.writeString(out.resolve(".run.json.%d-9.tmp".formatted(dead)), "half");
        assertResumesAsIfNothingHadHappened("--save-every", 5);
    }

    /// The number of a process that has ended.
    private static long deadProcess() throws IOException {
        Process p = new ProcessBuilder("true").start();
        p.onExit().join();
        return p.pid();
    }

    @Test
    void steps_may_grow_at_a_constant_rate() {
        try (Child child = Child.start(temp, SLOW, args(out, "--save-every", 5, "--schedule", "constant"))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 12);
            child.kill();
        }
        int more = STEPS + 4;
        Cli.run("sft", "--resume", "--out", out, "--steps", more).ok();
        assertThat(Values.metrics(out)).hasSize(more);
        Path whole = temp.resolve("whole");
        Cli.run(replaced(args(whole, "--schedule", "constant"), STEPS, more)).ok();
        String weights = "adapter_model.safetensors";
        assertThat(Values.bytes(out.resolve(weights))).isEqualTo(Values.bytes(whole.resolve(weights)));
    }

    private static Object[] replaced(Object[] args, Object old, Object by) {
        return Arrays.stream(args).map(a -> a.equals(old) ? by : a).toArray();
    }

    @Test
    void ctrl_c_saves_first_and_the_run_goes_on_from_there() throws IOException {
        assumeFalse(ignoresInterrupts(), "interrupts are switched off in this process and its children");
        try (Child child = Child.start(temp, SLOW, args(out, "--save-every", 0))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 3);
            child.interrupt();
            assertThat(child.code()).isEqualTo(130);
        }
        int done = Values.metrics(out).size();
        assertThat(done).isLessThan(STEPS);
        assertThat(Values.content(out.resolve("checkpoints"))).containsExactly("step-%08d".formatted(done));
        assertThat(Values.text(out.resolve("run.json"))).contains("interrupted");
        assertThat(Values.content(out)).contains("report.html").doesNotContain("adapter_model.safetensors");
        assertResumesAsIfNothingHadHappened();
    }

    /// A process started in the background by a shell without job control passes that on to its children.
    private static boolean ignoresInterrupts() throws IOException {
        if (!Files.isReadable(STATUS)) return false;
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
    }

    @AfterEach
    void nothing_half_written_is_left() {
        assertThat(Values.content(out)).noneMatch(name -> name.endsWith(".tmp"));
    }
}
