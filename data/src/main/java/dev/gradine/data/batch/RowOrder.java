package dev.gradine.data.batch;

/// Which rows each optimiser step takes: it follows from the number of the step alone, so that a resumed run goes on
/// without replaying.
public interface RowOrder {

    /// Indices of the rows of a step; none where the step takes none.
    ///
    /// @param step from 0
    int[] rows(long step);

    /// Steps in an epoch, a smaller last one included.
    int stepsPerEpoch();
}
