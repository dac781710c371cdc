package dev.gradine.train;

/// Whether a run goes on where another stopped.
public enum Resume {
    /// It begins, in a folder of its own.
    NO,
    /// It goes on from the latest checkpoint, which must be whole.
    LATEST,
    /// It goes on if there is something to go on with, from the latest checkpoint that is whole, and begins otherwise:
    /// for scripts that start a run again however it ended.
    AUTO
}
