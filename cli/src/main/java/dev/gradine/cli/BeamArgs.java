package dev.gradine.cli;

import dev.gradine.nn.generate.BeamRule;
import dev.gradine.nn.generate.BeamRule.Patience;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The search for the likeliest text, in place of drawing one.
final class BeamArgs {

    private static final List<String> OF_DRAWING = List.of(
            "--temperature",
            "--top-k",
            "--top-p",
            "--min-p",
            "--seed",
            "--draft-model",
            "--draft-tokens",
            "--prompt-lookup");

    @Option(
            names = "--beams",
            paramLabel = "N",
            description = "Look for the likeliest text, N at a time, instead of drawing one; --n of them are shown.")
    private @Nullable Integer beams;

    @Option(
            names = "--length-penalty",
            paramLabel = "X",
            description = "Of --beams: a text of n tokens scores its log-probability over n^X (default 1).")
    private @Nullable Double lengthPenalty;

    @Option(
            names = "--early-stopping",
            paramLabel = "RULE",
            description =
                    "Of --beams, once N texts are complete: true ends the search, false (the default) ends it when"
                            + " no open text scores better at its present length, never when none could at any.")
    private @Nullable String earlyStopping;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    /// How to search, or null where a text is drawn.
    ///
    /// @param shown how many texts are shown
    /// @throws IllegalArgumentException names an option that is out of range, or has no effect
    @Nullable
    BeamRule rule(int shown) {
        if (beams == null) {
            if (lengthPenalty == null && earlyStopping == null) return null;
            throw new IllegalArgumentException((lengthPenalty == null ? "--early-stopping" : "--length-penalty")
                    + " is of --beams, expected both");
        }
        if (beams < shown) {
            throw new IllegalArgumentException("--beams: %d, expected at least --n, %d".formatted(beams, shown));
        }
        for (String option : OF_DRAWING) {
            if (ConfigFile.gives(spec.commandLine(), option)) {
                throw new IllegalArgumentException(
                        option + " has no effect with --beams: nothing is drawn; leave it out");
            }
        }
        return new BeamRule(beams, lengthPenalty == null ? 1 : lengthPenalty, patience());
    }

    private Patience patience() {
        if (earlyStopping == null) return Patience.PRESENT_LENGTH;
        return switch (earlyStopping) {
            case "true" -> Patience.FULL;
            case "false" -> Patience.PRESENT_LENGTH;
            case "never" -> Patience.ANY_LENGTH;
            default ->
                throw new IllegalArgumentException(
                        "--early-stopping: \"%s\", expected true, false or never".formatted(earlyStopping));
        };
    }
}
