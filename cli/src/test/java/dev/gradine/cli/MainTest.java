package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/// The root command answers for itself and refuses to do nothing in silence.
class MainTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void help_describes_the_program_on_stdout() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).startsWith("Usage: gradine").contains("--version");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void help_of_a_training_command_groups_its_options_by_what_they_belong_to() {
        assertThat(run("sft", "--help")).isZero();
        assertThat(out.toString().lines().filter(l -> l.matches("[A-Z][a-z]+:")))
                .containsExactly(
                        "Run:",
                        "Model:",
                        "Data:",
                        "Adapter:",
                        "Objective:",
                        "Optimiser:",
                        "Training:",
                        "Schedule:",
                        "Device:",
                        "Output:");
        assertThat(out.toString().lines())
                .first()
                .isEqualTo("Usage: gradine sft --model=DIR|FILE --data=FILE --out=DIR [OPTIONS]");
        String[] adapters = out.toString().split("Adapter, other than lora:", -1);
        assertThat(adapters).hasSize(2);
        assertThat(adapters[0]).contains("--rank=R").doesNotContain("--virtual-tokens");
        assertThat(adapters[1]).contains("--virtual-tokens=N");
        assertThat(out.toString().replaceAll("\\s+", " "))
                .contains("--resume", "(default 2e-4)", "lion-8bit, lion: Decay of the momentum (default 0.99).");
    }

    @Test
    void version_names_the_program_and_the_java_it_runs_on() {
        assertThat(run("--version")).isZero();
        assertThat(out.toString().strip())
                .matches("gradine \\S.*, Java \\d+.*")
                .endsWith(Runtime.version().toString());
    }

    @Test
    void no_command_is_a_mistake() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString().strip()).isEqualTo("gradine: no command given (see gradine --help)");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void an_unknown_command_is_a_mistake() {
        assertThat(run("trian")).isEqualTo(2);
        assertThat(err.toString()).contains("trian").endsWith("(see gradine --help)" + System.lineSeparator());
    }

    @Test
    void what_was_typed_names_the_command_once() {
        CommandLine line = Main.commandLine(Map.of());
        var parsed = line.parseArgs("inspect", "runs/sft", "--all").subcommand().commandSpec();
        assertThat(Main.typed(parsed)).containsExactly("gradine", "inspect", "runs/sft", "--all");
    }

    @Test
    void the_training_step_for_the_class_archive_prints_nothing_and_is_not_in_the_help() {
        assertThat(run("class-archive")).isZero();
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).isEmpty();
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("sft").doesNotContain("class-archive");
    }

    private int run(String... args) {
        CommandLine line = Main.commandLine(Map.of());
        return line.setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }
}
