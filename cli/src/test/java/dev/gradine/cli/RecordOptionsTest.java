package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.settings.Option;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

class RecordOptionsTest {

    private enum Curve {
        LINEAR,
        COSINE
    }

    private record EverySettings(
            @Option(says = "Where.", label = "DIR", required = true)
            Path out,

            @Option(says = "How many.", label = "N", least = 1)
            int maxLength,

            @Option(says = "How much.") double lr,

            @Option(says = "How often.", label = "N", otherwise = "as often as needed") @Nullable
            Integer steps,

            @Option(says = "In the file's order.") boolean shuffle,
            @Option(says = "Slowly.") boolean slow,
            @Option(says = "Curve.", label = "NAME") Curve curve,
            @Option(says = "Blocks.", label = "N") List<Integer> layers,
            @Option(says = "Ranks.", label = "REGEX=R") Map<String, Integer> ranks) {

        static EverySettings defaults() {
            return new EverySettings(Path.of(""), 8, 2e-4, null, true, false, Curve.LINEAR, List.of(), Map.of());
        }
    }

    private final RecordOptions<EverySettings> options = new RecordOptions<>("Everything", EverySettings.defaults());
    private final CommandLine line = new CommandLine(CommandSpec.create().name("try"));

    RecordOptionsTest() {
        options.addTo(line.getCommandSpec());
    }

    private EverySettings parsed(String... args) {
        line.parseArgs(args);
        return options.read();
    }

    @Test
    void what_is_typed_stands_in_the_record() {
        assertThat(parsed(
                        "--out=x",
                        "--max-length=3",
                        "--lr",
                        "1e-3",
                        "--steps=5",
                        "--no-shuffle",
                        "--slow",
                        "--curve",
                        "cosine",
                        "--layers",
                        "0,2",
                        "--ranks",
                        "a=3,b=4"))
                .isEqualTo(new EverySettings(
                        Path.of("x"), 3, 1e-3, 5, false, true, Curve.COSINE, List.of(0, 2), Map.of("a", 3, "b", 4)));
    }

    @Test
    void what_is_not_typed_is_the_default() {
        EverySettings d = EverySettings.defaults();
        assertThat(parsed("--out=x"))
                .isEqualTo(new EverySettings(
                        Path.of("x"),
                        d.maxLength(),
                        d.lr(),
                        null,
                        d.shuffle(),
                        d.slow(),
                        d.curve(),
                        d.layers(),
                        d.ranks()));
    }

    @Test
    void a_value_of_the_wrong_kind_and_one_out_of_range_are_refused() {
        assertThatThrownBy(() -> parsed("--out=x", "--max-length=a"))
                .isInstanceOf(ParameterException.class)
                .hasMessage("Invalid value for option '--max-length': 'a' is not an int");
        assertThatThrownBy(() -> parsed("--out=x", "--max-length=0")).hasMessage("max-length: 0, expected at least 1");
        assertThatThrownBy(() -> parsed("--out=x", "--curve=flat"))
                .hasMessage("curve: \"flat\", expected one of [linear, cosine]");
        assertThatThrownBy(() -> parsed("--slow"))
                .isInstanceOf(MissingParameterException.class)
                .hasMessage("Missing required option: '--out=DIR'");
    }

    @Test
    void help_shows_each_record_under_its_heading_with_defaults() {
        line.getCommandSpec()
                .addOption(CommandLine.Model.OptionSpec.builder("--more").build());
        HelpGroup.install(line.getCommandSpec());
        String help = line.getUsageMessage().replace(System.lineSeparator(), "\n");
        assertThat(help).isEqualTo("""
                Usage: try --out=DIR [OPTIONS]

                Run:
                      --more

                Everything:
                      --out=DIR           Where.
                      --max-length=N      How many (default 8).
                      --lr=X              How much (default 2e-4).
                      --steps=N           How often (default as often as needed).
                      --no-shuffle        In the file's order.
                      --slow              Slowly.
                      --curve=NAME        Curve (default linear).
                      --layers=N[,N...]   Blocks.
                      --ranks=REGEX=R[,REGEX=R...]
                                          Ranks.
                """);
    }

    private record Walk(@Option(says = "How far.") double length) {}

    private record Ride(
            @Option(says = "How far.") double length,
            @Option(says = "Gear.") int gear) {}

    private static ChoiceOptions choice() {
        SequencedMap<String, Record> all = new LinkedHashMap<>();
        all.put("walk", new Walk(1));
        all.put("ride", new Ride(10, 3));
        return new ChoiceOptions("Ways", "way", "How to go", all);
    }

    private static ChoiceOptions chosen(String... args) {
        ChoiceOptions choice = choice();
        CommandLine line = new CommandLine(CommandSpec.create());
        choice.addTo(line.getCommandSpec());
        line.parseArgs(args);
        return choice;
    }

    @Test
    void a_name_chooses_the_record_and_its_defaults() {
        assertThat(chosen().read()).isEqualTo(new Walk(1));
        assertThat(chosen("--way=ride", "--gear=4").read()).isEqualTo(new Ride(10, 4));
        assertThat(chosen("--way=ride", "--length=2").decisive()).hasToString("{way=ride, length=2.0, gear=3}");
    }

    @Test
    void a_number_of_another_record_is_refused() {
        assertThatThrownBy(() -> chosen("--gear=4").read())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--gear is given with --way walk, which has --length");
        assertThatThrownBy(() -> chosen("--way=fly").read()).hasMessage("way: \"fly\", expected one of walk, ride");
    }
}
