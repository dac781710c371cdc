package dev.gradine.cli.pipeline;

import dev.gradine.settings.Nearest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// What a stage may run.
///
/// @param uses its name in a pipeline's file
/// @param command words of the command line
/// @param output what other stages call its output, as in `${sft.adapter}`
/// @param file name of the output where that is a file; empty for a folder
/// @param goesOn whether the command itself goes on with what it has half written
public record StageKind(String uses, List<String> command, String output, String file, boolean goesOn) {

    private static final List<StageKind> OTHERS = List.of(
            new StageKind("eval", List.of("eval"), "results", "", false),
            new StageKind("eval-answer", List.of("eval", "answer"), "answers", "answers.jsonl", false),
            new StageKind("judge", List.of("eval", "judge"), "judgement", "", true),
            new StageKind("feedback", List.of("feedback"), "pairs", "pairs.jsonl", false),
            new StageKind("merge", List.of("merge"), "model", "", false),
            new StageKind("quantize", List.of("quantize"), "model", "", false));

    /// Copies the list.
    public StageKind {
        command = List.copyOf(command);
    }

    /// A command that trains; its folder is an adapter.
    static StageKind training(String name) {
        return new StageKind(name, List.of(name), "adapter", "", true);
    }

    /// All there are.
    ///
    /// @param recipes names of the commands that train
    public static List<StageKind> all(List<String> recipes) {
        SequencedMap<String, StageKind> all = new LinkedHashMap<>();
        recipes.forEach(name -> all.put(name, training(name)));
        OTHERS.forEach(kind -> all.put(kind.uses(), kind));
        return List.copyOf(all.values());
    }

    /// The one of a name.
    ///
    /// @throws IllegalArgumentException if there is none, with the nearest
    static StageKind named(String uses, List<StageKind> all) {
        Map<String, StageKind> byName = new LinkedHashMap<>();
        all.forEach(kind -> byName.put(kind.uses(), kind));
        StageKind found = byName.get(uses);
        if (found != null) return found;
        String hint = Nearest.of(uses, byName.keySet())
                .map(n -> "; did you mean " + n + "?")
                .orElse("");
        throw new IllegalArgumentException(
                "uses: %s, expected one of %s%s".formatted(uses, String.join(", ", byName.keySet()), hint));
    }

    /// Whether it trains.
    public boolean trains() {
        return output.equals("adapter");
    }
}
