package dev.gradine.autograd;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;

/// One op of a step, as `TapeTrace` has seen it.
///
/// @param name of the op
/// @param place `at` the first weight it reads, or `after` the last one that was read before it
/// @param result what it made
/// @param life when its result was held
/// @param gradient norm of the gradient of its result; NaN where none reached it
public record TracedOp(String name, String place, Result result, Life life, double gradient) {

    /// What an op made.
    ///
    /// @param bytes of memory of its own; 0 for a view of an input
    public record Result(Shape shape, DType dtype, long bytes) {}

    /// The life of a result, in events: every op that ran, forward or back, is one, from 0 on.
    ///
    /// @param made event that made it
    /// @param gone event after which its memory was given back; one more than the last if it was held to the end
    /// @param again event before which it was made a second time for the backward pass; -1 if it was not
    /// @param goneAgain as `gone`, for the second time; -1 if there was none
    /// @param backward whether it was made in the backward pass, inside a checkpoint
    public record Life(int made, int gone, int again, int goneAgain, boolean backward) {}
}
