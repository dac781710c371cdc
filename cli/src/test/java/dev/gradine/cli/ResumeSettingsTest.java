package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A run is resumed with the settings it was started with, or not at all.
class ResumeSettingsTest {

    @TempDir
    private static Path temp = Path.of("");

    private static Path killed = Path.of("");

    /// Leaves a run killed behind a checkpoint.
    @BeforeAll
    static void prepare() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.tokenRows(temp.resolve("data.jsonl"), 8, 8, 1);
        killed = temp.resolve("killed");
        try (Child child = Child.start(temp, args(killed, "--steps", 5000, "--lr", 0.005, "--save-every", 5))) {
            child.awaitLines(killed.resolve("metrics.jsonl"), 7);
            child.kill();
        }
    }

    private static Object[] args(Path out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("sft", "--model", temp.resolve("model"), "--out", out));
        all.addAll(List.of("--data", temp.resolve("data.jsonl"), "--samples", 0, "--targets", "q_proj"));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    private static void refused(String name, String is, String expected, Object... more) {
        String checkpoint = Values.content(killed.resolve("checkpoints")).getLast();
        Cli.run(args(killed, more))
                .refuses("%s/checkpoints/%s: %s is %s, expected %s as in the run it resumes"
                        .formatted(killed, checkpoint, name, is, expected));
    }

    @ParameterizedTest
    @CsvSource({
        "seed, 43, 42",
        "rank, 8, 16",
        "alpha, 8.0, 32.0",
        "batch, 2, 4",
        "accumulate, 2, 1",
        "max-length, 9, 128",
        "schedule, cosine, linear",
        "dropout, 0.5, 0.0",
        "clip, 2.0, 1.0",
        "optimizer, lion, adamw",
        "chat-template, chatml, not given",
        "beta1, 0.8, 0.9",
        "eval-split, 0.5, 0.0",
        "loss-on, all, auto"
    })
    void another_setting_is_refused_by_its_name(String name, String is, String before) {
        refused(name, is, before, "--resume", "--steps", 5000, "--lr", 0.005, "--" + name, is);
    }

    @Test
    void another_type_to_compute_in_is_refused() {
        refused(
                "dtype",
                "bf16",
                "f32",
                "--resume",
                "--steps",
                5000,
                "--lr",
                0.005,
                "--device",
                "sim",
                "--dtype",
                "bf16");
    }

    @Test
    void another_device_is_refused() {
        refused("device", "sim", "cpu", "--resume", "--steps", 5000, "--lr", 0.005, "--device", "sim");
    }

    /// The tensors have the same shapes, and all would be scaled otherwise from here on.
    @Test
    void a_setting_that_is_left_out_is_refused() {
        Path out = temp.resolve("pattern");
        Object[] how = {"--steps", 5000, "--lr", 0.005, "--save-every", 5, "--alpha-pattern", "q_proj=4"};
        try (Child child = Child.start(temp, args(out, how))) {
            child.awaitLines(out.resolve("metrics.jsonl"), 7);
            child.kill();
        }
        String checkpoint = Values.content(out.resolve("checkpoints")).getLast();
        Cli.run(args(out, "--resume", "--steps", 5000, "--lr", 0.005))
                .refuses("%s/checkpoints/%s: alpha-pattern is not given, expected {q_proj=4.0} as in the run it resumes"
                        .formatted(out, checkpoint));
    }

    @Test
    void another_length_or_rate_is_refused() {
        refused("steps", "7", "5000", "--resume", "--steps", 7, "--lr", 0.005);
        refused("lr", "0.01", "0.005", "--resume", "--steps", 5000, "--lr", 0.01);
    }

    @Test
    void without_resume_the_folder_is_not_touched() {
        Cli.run(args(killed, "--steps", 5000, "--lr", 0.005))
                .refuses(killed + ": the folder is not empty, expected a new or empty one");
    }

    @Test
    void there_must_be_something_to_resume() {
        Path out = temp.resolve("none");
        Cli.run(args(out, "--resume")).refuses("--resume: " + out + " has no run to go on with");
    }

    @Test
    void a_finished_run_cannot_be_resumed() {
        Path out = temp.resolve("finished");
        Cli.run(args(out, "--steps", 2)).ok();
        Cli.run(args(out, "--steps", 2, "--resume")).refuses("--resume: the run in " + out + " has finished");
    }

    /// A file may change under the same name.
    @Test
    void other_rows_another_model_and_another_adapter_under_the_same_names_are_refused() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("changed"));
        Path model = TinyModel.write(folder.resolve("model"));
        Path data = TinyModel.tokenRows(folder.resolve("data.jsonl"), 13, 12, 1);
        Object[] fixed = {"sft", "--model", model, "--data", data, "--samples", 0, "--targets", "q_proj"};
        Path first = folder.resolve("first");
        Cli.run(Stream.concat(Arrays.stream(fixed), Stream.of("--out", first, "--steps", 1))
                        .toArray())
                .ok();
        Path out = folder.resolve("run");
        Object[] how = {"--out", out, "--steps", 5000, "--save-every", 5, "--init-adapter", first};
        Object[] all = Stream.concat(Arrays.stream(fixed), Arrays.stream(how)).toArray();
        try (Child child = Child.start(folder, all)) {
            child.awaitLines(out.resolve("metrics.jsonl"), 7);
            child.kill();
        }
        Object[] again =
                Stream.concat(Arrays.stream(all), Stream.of("--resume")).toArray();
        refusedFor("data", data, f -> TinyModel.tokenRows(f, 13, 12, 2), again);
        refusedFor("model", model.resolve("model.safetensors"), f -> TinyModel.write(model, 6), again);
        Path weights = first.resolve("adapter_model.safetensors");
        refusedFor("adapter", weights, ResumeSettingsTest::flipLastByte, again);
    }

    private static void refusedFor(String what, Path file, Consumer<Path> change, Object... args) throws IOException {
        byte[] before = Files.readAllBytes(file);
        change.accept(file);
        assertThat(Cli.run(args).err())
                .contains("content of the " + what + " is ")
                .contains("as in the run it resumes");
        Files.write(file, before);
    }

    private static void flipLastByte(Path file) {
        byte[] bytes = Values.bytes(file);
        bytes[bytes.length - 2] ^= 1;
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
