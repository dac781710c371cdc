package dev.gradine.train.track;

import java.util.Map;

/// Takes a run's metrics elsewhere. It never stops a run and never keeps it waiting: what cannot be
/// delivered is said in a line at the end.
public interface Tracker {

    /// Takes the metrics after step `step`; all finite.
    void write(long step, Map<String, ? extends Number> metrics);

    /// Takes a line that the user is told.
    default void told(String line) {}

    /// Whether somebody wishes to see the tape of the next step; true once for each wish.
    default boolean wishesTape() {
        return false;
    }

    /// The run has ended.
    ///
    /// @param status how
    void end(Status status);

    /// How a run has ended.
    enum Status {
        FINISHED,
        INTERRUPTED,
        FAILED
    }
}
