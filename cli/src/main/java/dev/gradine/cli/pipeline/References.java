package dev.gradine.cli.pipeline;

import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What `${stage.output}` stands for: the output of a stage before it in the same round, or of one that is run once;
/// `${previous.stage.output}` is that of the round before.
///
/// @param all stages in their order
/// @param text of an output, such as its path
record References(List<PlannedStage> all, Function<PlannedStage, String> text) {

    /// How the round before is written.
    static final String PREVIOUS = "previous";

    private static final Pattern REFERENCE = Pattern.compile("\\$\\{(" + PREVIOUS + "\\.)?([\\w-]+)\\.([\\w-]+)}");

    /// A value of a stage's option with its references replaced.
    ///
    /// @throws IllegalArgumentException if there is no such stage or output
    String fill(PlannedStage by, String option, String value) {
        Matcher m = REFERENCE.matcher(value);
        String filled = m.replaceAll(found -> {
            boolean earlier = found.group(1) != null;
            PlannedStage meant = meant(by, option, found.group(2), earlier);
            requireOutput(by, option, meant, found.group(3));
            return Matcher.quoteReplacement(text.apply(meant));
        });
        if (!filled.contains("${")) return filled;
        throw refused(by, option, "%s, expected ${stage.output}".formatted(value));
    }

    private PlannedStage meant(PlannedStage by, String option, String name, boolean earlier) {
        List<PlannedStage> before = all.subList(0, all.indexOf(by));
        int round = earlier ? by.round() - 1 : by.round();
        if (earlier && round < 1) {
            throw refused(
                    by,
                    option,
                    "there is no round before the first, expected {first: …, then: ${%s.%s…}}"
                            .formatted(PREVIOUS, name));
        }
        for (PlannedStage s : before.reversed()) if (s.is(name, round)) return s;
        boolean later = all.stream().anyMatch(s -> s.stage().name().equals(name));
        throw refused(
                by,
                option,
                later
                        ? "%s comes later; in rounds ${%s.%s…} is that of the round before"
                                .formatted(name, PREVIOUS, name)
                        : "there is no stage %s".formatted(name));
    }

    private static void requireOutput(PlannedStage by, String option, PlannedStage meant, String output) {
        StageKind kind = meant.stage().kind();
        if (kind.output().equals(output)) return;
        throw refused(
                by,
                option,
                "%s (%s) has no %s, expected ${%s.%s}"
                        .formatted(
                                meant.stage().name(),
                                kind.uses(),
                                output,
                                meant.stage().name(),
                                kind.output()));
    }

    private static IllegalArgumentException refused(PlannedStage by, String option, String why) {
        return new IllegalArgumentException("%s: %s: %s".formatted(by.stage().name(), option, why));
    }
}
