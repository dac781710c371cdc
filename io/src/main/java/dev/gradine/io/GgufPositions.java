package dev.gradine.io;

/// What a GGUF file of an architecture leaves to be known of positions: what turns, and what sees a window.
///
/// @param theta base θ where a configuration has none; 0 where nothing turns
/// @param part share of a head's channels that turn where a configuration does not say
/// @param unturned one of so many layers has no position embedding; 0 for none
/// @param isLongRope whether factors of frequencies may be others for long texts
/// @param period one of so many layers has no window; 0 where all have one, negative where none has
/// @param isWindowSeen whether llama.cpp computes with the windows
public record GgufPositions(
        double theta, double part, int unturned, boolean isLongRope, int period, boolean isWindowSeen) {

    /// Llama's: whole heads turn, all keys are seen.
    static final GgufPositions LLAMA = new GgufPositions(10_000, 1, 0, false, -1, true);

    /// Whether anything turns.
    public boolean turns() {
        return theta > 0;
    }

    GgufPositions turning(double base, double share) {
        return new GgufPositions(base, share, unturned, isLongRope, period, isWindowSeen);
    }

    GgufPositions without(int every) {
        return new GgufPositions(theta, part, every, isLongRope, period, isWindowSeen);
    }

    GgufPositions byLength() {
        return new GgufPositions(theta, part, unturned, true, period, isWindowSeen);
    }

    GgufPositions windows(int every, boolean isSeen) {
        return new GgufPositions(theta, part, unturned, isLongRope, every, isSeen);
    }
}
