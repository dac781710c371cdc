package dev.gradine.cli.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// A stage as the file has it.
///
/// @param name by which other stages refer to it
/// @param kind what it runs
/// @param options by name, as texts; a `Given` has another one in the first round
public record Stage(String name, StageKind kind, SequencedMap<String, Given> options) {

    /// An option's values; a flag that is set has `true`.
    ///
    /// @param first in the first round, and outside of rounds
    /// @param then in the others
    public record Given(List<String> first, List<String> then) {

        /// Copies the lists.
        public Given {
            first = List.copyOf(first);
            then = List.copyOf(then);
        }

        /// Those of a round; 0 outside of rounds.
        List<String> in(int round) {
            return round > 1 ? then : first;
        }
    }

    /// Copies the map.
    public Stage {
        options = new LinkedHashMap<>(options);
    }
}
