package dev.gradine.cli.pipeline;

import java.util.List;

/// Which stages are repeated, and when they no longer are.
///
/// @param count rounds, at least 1
/// @param from name of the first stage that is repeated, with all behind it; empty for none
/// @param stop when fewer rounds are run
public record Rounds(int count, String from, Stop stop) {

    /// When a round was one too many: the interval of its win rate over the round before lies below one half, or a text
    /// that nothing was learnt from has become less likely.
    ///
    /// @param win the stage of judging whose baseline is the round before; empty for none
    /// @param text the stage of evaluation whose perplexity is watched; empty for none
    /// @param rise share by which that may rise above what it was before the rounds, or in the first
    /// @param best the stage of judging whose win rate says which round is best; empty for the last
    public record Stop(String win, String text, double rise, String best) {

        /// Share that the perplexity may rise by where nothing is said.
        static final double USUAL_RISE = 0.05;

        /// Never.
        static final Stop NEVER = new Stop("", "", USUAL_RISE, "");

        /// Stages it speaks of.
        List<String> stages() {
            return List.of(win, text, best).stream().filter(s -> !s.isEmpty()).toList();
        }
    }

    /// Everything once.
    static final Rounds NONE = new Rounds(1, "", Stop.NEVER);

    /// @throws IllegalArgumentException if there is less than one
    public Rounds {
        if (count < 1) throw new IllegalArgumentException("rounds: count is %d, expected at least 1".formatted(count));
    }

    /// The same, another number of times.
    ///
    /// @throws IllegalArgumentException if no stage is repeated
    public Rounds times(int other) {
        if (from.isEmpty()) {
            throw new IllegalArgumentException("--rounds: the pipeline repeats no stage, expected rounds: with from:");
        }
        return new Rounds(other, from, stop);
    }
}
