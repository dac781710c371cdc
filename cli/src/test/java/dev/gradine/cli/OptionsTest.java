package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.peft.Method;
import dev.gradine.peft.Methods;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Options that do not exist, do not go together or are out of range are refused before anything is written; those of
/// a YAML file count as if they had been typed.
class OptionsTest {

    private static final String EVERY_TOKEN =
            IntStream.range(0, TinyModel.VOCAB).mapToObj(String::valueOf).collect(Collectors.joining(","));

    /// Options of methods that have no defaults, or defaults made for larger layers.
    private static final Map<String, List<Object>> FITTING = Map.of(
            "fourierft",
            List.of("--n-frequency", 20),
            "vblora",
            List.of("--vector-length", 8),
            "miss",
            List.of("--rank", 4),
            "trainable-tokens",
            List.of("--token-indices", EVERY_TOKEN),
            "alora",
            List.of("--alora-invocation-tokens", "10")); // the newline of every turn's beginning

    @TempDir
    private Path temp = Path.of("");

    private Path data = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        data = TinyModel.tokenRows(temp.resolve("data.jsonl"), 6, 8, 1);
    }

    private Cli sft(Path out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("sft", "--model", temp.resolve("model"), "--data", data));
        all.addAll(List.of("--out", out));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    private void refused(String message, Object... more) {
        Path out = temp.resolve("out");
        sft(out, more).refuses(message);
        assertThat(out).doesNotExist();
    }

    @Test
    void a_misspelt_option_is_named_before_the_one_it_should_have_been() {
        Cli run = Cli.run("score", "--modle", "x", "--text", "y");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err())
                .isEqualTo("gradine: Unknown option: '--modle'; did you mean --model? (see gradine score --help)\n");
    }

    @Test
    void an_unknown_option_is_refused() {
        refused("Unknown option: '--rnak'; did you mean --rank? (see gradine sft --help)", "--rnak=3");
        refused("--rank: \"three\", expected a whole number (see gradine sft --help)", "--rank", "three");
    }

    @Test
    void a_missing_option_is_named() {
        Cli.run("sft", "--data", data)
                .refuses("Missing required options: '--model=DIR|FILE', '--out=DIR' (see gradine sft --help)");
    }

    @Test
    void steps_and_epochs_exclude_each_other() {
        refused("--steps and --epochs are both given, expected one of them", "--steps", 2, "--epochs", 1);
        refused(
                "--group-by-length orders the data, --no-shuffle keeps it: give one",
                "--group-by-length",
                "--no-shuffle");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            steps | 0 | steps: 0, expected at least 1
            epochs | 0 | --epochs: 0.0, expected above 0
            batch | 0 | batch: 0, expected at least 1
            accumulate | -1 | accumulate: -1, expected at least 1
            max-length | 0 | max-length: 0, expected at least 2
            lr | NaN | lr: NaN, expected a finite number of at least 0
            lr | -1 | lr: -1.0, expected a finite number of at least 0
            clip | -1 | clip: -1.0, expected at least 0 (0 for no clipping)
            warmup | -1 | warmup: -1, expected at least 0
            weight-decay | -1 | weight-decay: -1.0, expected at least 0
            momentum | 0.5 | --momentum is given with --optimizer adamw, which has --beta1, --beta2, --eps, --amsgrad
            beta1 | 1 | beta1: 1.0, expected 0 or more and below 1
            cycles | 2 | --cycles is given with --schedule linear, which has no options
            rank | 0 | lora: rank is 0, expected >= 1
            alpha | 0 | lora: alpha is 0.0, expected > 0
            dropout | 1 | lora: dropout is 1.0, expected in [0, 1)
            modules-to-save | nothing | modules_to_save: nothing names no module of the model
            loss-on | user | loss-on: "user", expected one of [auto, all, completion, assistant]
            save-every | -1 | save-every: -1, expected at least 0
            eval-every | -1 | eval-every: -1, expected at least 0
            samples | -1 | samples: -1, expected at least 0
            """)
    void a_value_out_of_range_is_refused(String name, String value, String message) {
        refused(message, "--" + name, value);
    }

    @Test
    void a_name_that_is_none_is_refused_with_those_there_are() {
        refused(
                "optimizer: \"adamax\", expected one of adamw, adam, adamw-8bit, lion-8bit, ademamix, lion, sgd,"
                        + " adafactor, muon, lora-fa",
                "--optimizer",
                "adamax");
    }

    @Test
    void an_option_of_another_schedule_is_refused() {
        refused(
                "schedule: \"steep\", expected one of linear, constant, cosine, cosine-with-restarts, polynomial,"
                        + " inverse-sqrt, cosine-with-min-lr, cosine-warmup-with-min-lr, warmup-stable-decay,"
                        + " reduce-on-plateau, greedy",
                "--schedule",
                "steep");
        refused("--power is given with --schedule cosine, which has --cycles", "--schedule", "cosine", "--power", 2);
        refused("end-lr: 0.5, expected below --lr, which is 2.0E-4", "--schedule", "polynomial", "--end-lr", 0.5);
    }

    @Test
    void a_folder_with_something_in_it_is_not_written_to() throws IOException {
        Path out = Files.createDirectory(temp.resolve("full"));
        Files.writeString(out.resolve("notes.txt"), "mine");
        sft(out).refuses(out + ": the folder is not empty, expected a new or empty one");
        sft(out.resolve("notes.txt")).refuses(out.resolve("notes.txt") + ": is a file, expected a folder to write");
        assertThat(Values.content(out)).containsExactly("notes.txt");
    }

    @Test
    void a_configuration_counts_as_options_typed() {
        Path yaml = TinyModel.text(temp.resolve("run.yaml"), """
                lr: 1e-2
                rank: 3
                targets: [q_proj, v_proj]
                rank-pattern: {q_proj: 2}
                no-shuffle: true
                steps: 3
                seed: 7
                """);
        sft(temp.resolve("a"), "--config", yaml, "--seed", 8).ok();
        sft(
                        temp.resolve("b"),
                        "--lr",
                        "1e-2",
                        "--rank",
                        3,
                        "--targets",
                        "q_proj,v_proj",
                        "--rank-pattern",
                        "q_proj=2",
                        "--no-shuffle",
                        "--steps",
                        3,
                        "--seed",
                        8)
                .ok();
        for (String file : List.of("adapter_model.safetensors", "adapter_config.json")) {
            assertThat(Values.bytes(temp.resolve("a").resolve(file)))
                    .isEqualTo(Values.bytes(temp.resolve("b").resolve(file)));
        }
        assertThat(Values.timeless(temp.resolve("a")))
                .isEqualTo(Values.timeless(temp.resolve("b")))
                .hasSize(3);
    }

    @Test
    void a_configuration_may_give_what_is_required() {
        Path yaml = TinyModel.text(
                temp.resolve("run.yaml"),
                "model: %s\ndata: %s\nout: %s\nsteps: 1\nsamples: 0\n"
                        .formatted(temp.resolve("model"), data, temp.resolve("c")));
        Cli.run("sft", "--config=" + yaml).ok();
        assertThat(temp.resolve("c/adapter_model.safetensors")).exists();
    }

    @Test
    void a_method_there_is_not_is_refused_with_those_there_are() {
        sft(temp.resolve("out"), "--adapter", "rank-two")
                .refuses("adapter: \"rank-two\", expected one of "
                        + Methods.all().stream().map(Method::name).collect(Collectors.joining(", ")));
    }

    @Test
    void an_option_of_another_method_is_refused() {
        sft(temp.resolve("out"), "--adapter", "ia3", "--rank", 3)
                .refuses("--rank is given with --adapter ia3, which has --feedforward");
    }

    @Test
    void every_method_trains_and_goes_on_from_what_it_wrote() {
        for (Method m : Methods.all()) {
            Path first = temp.resolve(m.name());
            List<Object> options = new ArrayList<>(List.of("--adapter", m.name(), "--steps", 2));
            options.addAll(FITTING.getOrDefault(m.name(), List.of()));
            sft(first, options.toArray()).ok();
            Path second = temp.resolve(m.name() + "-on");
            sft(second, "--init-adapter", first, "--steps", 1).ok();
            assertThat(Json.readObject(second.resolve("adapter_config.json")))
                    .isEqualTo(Json.readObject(first.resolve("adapter_config.json")));
        }
    }

    @Test
    void a_misspelt_key_is_refused_with_the_one_it_should_have_been() {
        Path yaml = TinyModel.text(temp.resolve("run.yaml"), "rnak: 3\n");
        sft(temp.resolve("out"), "--config", yaml).refuses(yaml + ": unknown key rnak; did you mean rank?");
    }

    @Test
    void a_key_like_no_other_is_refused_with_those_there_are() {
        Path yaml = TinyModel.text(temp.resolve("run.yaml"), "zebra-crossings: 3\n");
        Cli refused = sft(temp.resolve("out"), "--config", yaml);
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err())
                .startsWith("gradine: " + yaml
                        + ": unknown key zebra-crossings, expected one of accumulate, adamw-lr-factor, adapter,"
                        + " adjust-lr, allow-truncation, alora-invocation-tokens, alpha, ")
                .contains(", batch, ")
                .doesNotContain("config,", "help")
                .hasLineCount(1);
        assertThat(temp.resolve("out")).doesNotExist();
    }

    @Test
    void a_file_that_is_no_configuration_is_refused() {
        Path yaml = TinyModel.text(temp.resolve("run.yaml"), "rank: [3\n");
        refused(yaml + ": line 1: while parsing a flow sequence", "--config", yaml);
        TinyModel.text(yaml, "- rank\n");
        refused(yaml + ": is no mapping, expected lines such as rank: 8", "--config", yaml);
        TinyModel.text(yaml, "rank: 3\nrank: 4\n");
        refused(yaml + ": line 2: Duplicate Object property \"rank\"", "--config", yaml);
        TinyModel.text(yaml, "rank: &r 3\nseed: *r\n");
        refused(yaml + ": line 2: an alias, expected the value itself", "--config", yaml);
        TinyModel.text(yaml, "rank: !!binary aGVsbG8=\n");
        refused(yaml + ": rank is binary data, expected text or a number", "--config", yaml);
        TinyModel.text(yaml, "rank-pattern: {'q\"4': x}\n");
        refused("--rank-pattern: \"x\", expected a whole number (see gradine sft --help)", "--config", yaml);
        refused(temp.resolve("none.yaml") + ": no such file or folder", "--config", temp.resolve("none.yaml"));
    }
}
