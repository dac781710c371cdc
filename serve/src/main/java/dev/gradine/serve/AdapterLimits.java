package dev.gradine.serve;

/// How many adapters, and how large.
///
/// @param perBatch different ones that act in the batch at once; requests for others wait
/// @param inMemory at once; others are read again from their folders when they are asked for
/// @param rank of each; one of a larger rank is refused
public record AdapterLimits(int perBatch, int inMemory, int rank) {

    /// Any number, of any rank.
    public static final AdapterLimits NONE = new AdapterLimits(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);

    /// @throws IllegalArgumentException if one of them is not positive
    public AdapterLimits {
        if (perBatch < 1 || inMemory < 1 || rank < 1) {
            throw new IllegalArgumentException(
                    "adapters: %d in a batch, %d in memory, rank %d, expected at least 1 of each"
                            .formatted(perBatch, inMemory, rank));
        }
    }
}
