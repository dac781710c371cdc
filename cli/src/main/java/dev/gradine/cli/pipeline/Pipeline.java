package dev.gradine.cli.pipeline;

import java.util.ArrayList;
import java.util.List;

/// A pipeline as its file has it.
///
/// @param title what it is about, in a few words
/// @param stages in the order they run
/// @param rounds which of them are repeated
/// @param compare pairs of stages whose figures are set against each other
public record Pipeline(String title, List<Stage> stages, Rounds rounds, List<List<String>> compare) {

    /// Copies the lists.
    ///
    /// @throws IllegalArgumentException if a name is none of a stage
    public Pipeline {
        stages = List.copyOf(stages);
        compare = compare.stream().map(List::copyOf).toList();
        List<String> names = stages.stream().map(Stage::name).toList();
        if (names.isEmpty()) throw new IllegalArgumentException("stages: none, expected a list of them");
        require("rounds: from", rounds.from().isEmpty() ? List.of() : List.of(rounds.from()), names);
        require("rounds: stop", rounds.stop().stages(), names);
        for (List<String> pair : compare) {
            require("compare", pair, names);
            if (pair.size() == 2) continue;
            throw new IllegalArgumentException("compare: %s, expected two stages".formatted(pair));
        }
    }

    private static void require(String key, List<String> asked, List<String> names) {
        for (String name : asked) {
            if (names.contains(name)) continue;
            throw new IllegalArgumentException(
                    "%s: there is no stage %s, expected one of %s".formatted(key, name, String.join(", ", names)));
        }
    }

    /// The same with another number of rounds.
    public Pipeline with(Rounds other) {
        return new Pipeline(title, stages, other, compare);
    }

    /// All stages, those of rounds as often as there are rounds.
    public List<PlannedStage> planned() {
        int from = rounds.from().isEmpty() ? stages.size() : place(rounds.from());
        List<PlannedStage> all = new ArrayList<>();
        for (Stage s : stages.subList(0, from)) all.add(new PlannedStage(s, 0));
        for (int round = 1; round <= rounds.count(); round++) {
            for (Stage s : stages.subList(from, stages.size())) all.add(new PlannedStage(s, round));
        }
        return all;
    }

    private int place(String name) {
        return stages.stream().map(Stage::name).toList().indexOf(name);
    }
}
