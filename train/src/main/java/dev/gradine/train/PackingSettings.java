package dev.gradine.train;

import dev.gradine.settings.Option;
import org.jspecify.annotations.Nullable;

/// Whether several examples make one row of a batch.
///
/// @param packing whether they do
/// @param packingStrategy how; null for best fit
public record PackingSettings(
        @Option(says = "Fill each row of a batch with several examples, up to --max-length.")
        boolean packing,

        @Option(
                says = "How rows are filled: bfd keeps examples whole and apart, wrapped cuts one line of all tokens.",
                label = "NAME",
                otherwise = "bfd")
        @Nullable
        Packing packingStrategy) {

    /// Of rows of one example.
    static final PackingSettings NONE = new PackingSettings(false, null);

    /// @throws IllegalArgumentException if a strategy is given for nothing
    public PackingSettings {
        if (packingStrategy != null && !packing) {
            throw new IllegalArgumentException("--packing-strategy has no effect without --packing: give both");
        }
    }

    /// Whether examples are put side by side.
    boolean fits() {
        return packing && packingStrategy != Packing.WRAPPED;
    }

    /// Whether all tokens are one line.
    boolean wraps() {
        return packing && packingStrategy == Packing.WRAPPED;
    }
}
