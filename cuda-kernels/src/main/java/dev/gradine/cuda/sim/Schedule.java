package dev.gradine.cuda.sim;

/// In which order the warps of a block run.
///
/// @param isRandom whether a warp may lose its turn after any access to memory, to one drawn by chance; else each runs
///     until it has to wait
/// @param seed of the draws
public record Schedule(boolean isRandom, long seed) {

    /// One warp after the other.
    public static Schedule inTurn() {
        return new Schedule(false, 0);
    }

    /// By chance, the same for the same seed.
    public static Schedule random(long seed) {
        return new Schedule(true, seed);
    }
}
