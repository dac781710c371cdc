package dev.gradine.train;

import dev.gradine.settings.Option;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How rows of several files share the steps of a run.
///
/// ```
/// share of file i among those of --data     w_i / Σ w        w_i = weight, or n_i^(1/T) of n_i rows
/// ```
///
/// The temperature T is that of Raffel et al. 2020 (arXiv:1910.10683), section 3.5.2: at 1 each row counts the same, at
/// a high one each file does.
///
/// @param dataWeights one for each file of `--data`; empty for as many rows as each has
/// @param dataTemperature T; null for 1
/// @param replay rows of what was learnt before; null for none
/// @param replayShare of the rows of each step that are replayed; null for the usual one
/// @param replayWeight of their loss beside that of other rows; null for 1
public record MixtureSettings(
        @Option(
                says = "Shares of the files of --data in every step, one for each, such as 3,1.",
                label = "W,W,…",
                otherwise = "as many rows as each has")
        List<Double> dataWeights,

        @Option(
                says = "Shares by the number of rows to the power 1/T, instead of --data-weights: 1 as many as there"
                        + " are, higher evens them out.",
                label = "T",
                otherwise = "1")
        @Nullable
        Double dataTemperature,

        @Option(
                says = "Rows of what was learnt before, some in every step against forgetting. In a run of pairs, say,"
                        + " texts and conversations are learnt as sft does.",
                label = "FILE",
                otherwise = "none")
        @Nullable
        Path replay,

        @Option(says = "Share of the rows of each step that are replayed.", label = "SHARE", otherwise = "0.05")
        @Nullable
        Double replayShare,

        @Option(
                says = "Weight of the loss of replayed rows that are learnt otherwise than the rest.",
                label = "X",
                otherwise = "1",
                least = 0)
        @Nullable
        Double replayWeight) {

    private static final double USUAL_SHARE = 0.05;

    /// As many rows of each file as it has, and none replayed.
    static final MixtureSettings NONE = new MixtureSettings(List.of(), null, null, null, null);

    /// @throws IllegalArgumentException if a number is out of range or has nothing to act on
    public MixtureSettings {
        dataWeights = List.copyOf(dataWeights);
        require("--data-weights", dataWeights, dataWeights.stream().allMatch(w -> w > 0), "numbers above 0");
        require("--data-temperature", dataTemperature, dataTemperature == null || dataTemperature > 0, "above 0");
        if (dataTemperature != null && !dataWeights.isEmpty()) {
            throw new IllegalArgumentException("--data-weights and --data-temperature are both given, expected one");
        }
        boolean inside = replayShare == null || (replayShare > 0 && replayShare < 1);
        require("--replay-share", replayShare, inside, "above 0 and below 1");
        if (replay == null && (replayShare != null || replayWeight != null)) {
            throw new IllegalArgumentException("--replay-share and --replay-weight do nothing without --replay");
        }
    }

    private static void require(String name, @Nullable Object value, boolean isFine, String expected) {
        if (!isFine) throw new IllegalArgumentException("%s: %s, expected %s".formatted(name, value, expected));
    }

    /// Fails if there is one file, which has its share anyway.
    ///
    /// @throws IllegalArgumentException names the option
    void requireFor(List<Path> files) {
        if (files.size() > 1 || (dataWeights.isEmpty() && dataTemperature == null)) return;
        throw new IllegalArgumentException("--data-%s does nothing for one file of --data"
                .formatted(dataTemperature == null ? "weights" : "temperature"));
    }

    /// Share of the replayed rows.
    double replayed() {
        if (replay == null) return 0;
        return replayShare == null ? USUAL_SHARE : replayShare;
    }

    /// Share of each of the files of `--data` among them.
    ///
    /// @param rows of each
    /// @throws IllegalArgumentException if there is not one weight for each
    List<Double> shares(List<Integer> rows) {
        if (!dataWeights.isEmpty() && dataWeights.size() != rows.size()) {
            throw new IllegalArgumentException("--data-weights: %d are given, expected %d (one for each file of --data)"
                    .formatted(dataWeights.size(), rows.size()));
        }
        double power = dataTemperature == null ? 1 : 1 / dataTemperature;
        List<Double> weights = new ArrayList<>(dataWeights);
        if (weights.isEmpty()) for (int n : rows) weights.add(Math.pow(n, power));
        double sum = weights.stream().mapToDouble(w -> w).sum();
        return weights.stream().map(w -> w / sum).toList();
    }
}
