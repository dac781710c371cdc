package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/// Names that other programs have for our options are answered with ours.
class ForeignNamesTest {

    /// Set to true, the test writes the page instead of comparing it.
    private static final String WRITE = "gradine.options.write";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            sft      | --learning-rate               | did you mean --lr?
            sft      | --learning_rate=1e-4          | did you mean --lr?
            sft      | --lora_r                      | did you mean --rank?
            sft      | --r                           | did you mean --rank?
            sft      | --target_modules              | did you mean --targets (all-linear for every one)?
            sft      | --num_train_epochs            | did you mean --epochs?
            sft      | --per_device_train_batch_size | did you mean --batch?
            sft      | --micro-batch-size            | did you mean --batch?
            sft      | --gradient_accumulation_steps | did you mean --accumulate?
            sft      | --sequence_len                | did you mean --max-length?
            sft      | --cutoff_len                  | did you mean --max-length?
            sft      | --output_dir                  | did you mean --out?
            sft      | -m                            | did you mean --model?
            sft      | --rnak                        | did you mean --rank?
            sft      | --padding-free | there is none like it here: rows are never padded
            dpo      | --pref_beta                   | did you mean --beta?
            dpo      | --lora_model_dir              | did you mean --init-adapter?
            generate | --max_new_tokens              | did you mean --max-tokens?
            generate | --lora                        | did you mean --adapter?
            generate | --temp | did you mean --temperature (0 for the likeliest token)?
            """)
    void a_name_of_another_program_or_a_slip_is_answered_with_ours(String command, String typed, String hint) {
        String name = typed.replaceFirst("=.*", "");
        Cli.run(command, typed)
                .refuses("Unknown option: '%s'; %s (see gradine %s --help)".formatted(name, hint, command));
    }

    @Test
    void a_name_that_is_like_no_other_is_called_unknown_and_no_more() {
        Cli.run("sft", "--zebra-crossings", "4")
                .refuses("Unknown option: '--zebra-crossings' (see gradine sft --help)");
    }

    @ParameterizedTest
    @CsvSource({
        "fft, sft",
        "SFT, sft",
        "train, sft",
        "infer, generate",
        "server, serve",
        "mrege, merge",
        "fine_tune, sft"
    })
    void a_command_that_there_is_not_is_answered_with_the_nearest(String typed, String meant) {
        Cli.run(typed, "--model", "x")
                .refuses("there is no command \"%s\"; did you mean %s? (see gradine --help)".formatted(typed, meant));
    }

    @Test
    void an_underscore_counts_as_a_dash_on_the_command_line(@TempDir Path temp) {
        TinyModel.write(temp.resolve("model"));
        Path data = TinyModel.tokenRows(temp.resolve("data.jsonl"), 6, 8, 1);
        Cli.run("sft", "--model", temp.resolve("model"), "--data", data, "--out", temp.resolve("out"), "--max_length=0")
                .refuses("max-length: 0, expected at least 2");
    }

    @Test
    void keys_of_a_file_are_answered_alike(@TempDir Path temp) throws IOException {
        Path file = temp.resolve("run.yaml");
        Files.writeString(file, "learning_rate: 1e-4\n");
        Cli.run("sft", "--config", file).refuses(file + ": unknown key learning_rate; did you mean lr?");
        Files.writeString(file, "rnak: 8\n");
        Cli.run("sft", "--config", file).refuses(file + ": unknown key rnak; did you mean rank?");
        Files.writeString(file, "max_length: 8\nmax-length: 9\n");
        Cli.run("sft", "--config", file).refuses(file + ": max-length is given twice, as max-length too");
        Files.writeString(file, "max_length: long\n");
        Cli.run("sft", "--config", file, "--model", "m", "--data", "d", "--out", "o")
                .refuses("--max-length: \"long\", expected a whole number (see gradine sft --help)");
    }

    @Test
    void every_name_of_ours_in_the_table_is_an_option_of_some_command() {
        List<String> all = new ArrayList<>();
        for (CommandLine c : Main.commandLine(Map.of()).getSubcommands().values()) all.addAll(Unparsed.names(c));
        assertThat(ForeignNames.rows()).allSatisfy(row -> {
            assertThat(all)
                    .containsAll(row.ours().stream().map(n -> n.substring(2)).toList());
            assertThat(row.theirs()).hasSize(ForeignNames.WHOSE.size());
        });
    }

    @Test
    void the_page_is_what_the_table_says() throws IOException {
        Path page = Golden.repository().resolve("docs/options.md");
        if (Boolean.getBoolean(WRITE)) Files.writeString(page, OptionsPage.text());
        assertThat(page)
                .as("docs/options.md differs from option-names.txt; -D%s=true writes it anew", WRITE)
                .content()
                .isEqualTo(OptionsPage.text());
    }
}
