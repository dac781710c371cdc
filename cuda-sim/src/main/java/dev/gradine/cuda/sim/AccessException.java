package dev.gradine.cuda.sim;

/// A thread did what a GPU does not define; what runs it adds kernel, line and block.
final class AccessException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    private final int thread;
    private final String happened;
    private final String expected;

    /// @param thread the thread within its block; of `Shuffle` the lane within its warp
    AccessException(int thread, String happened, String expected) {
        super(happened + ", expected " + expected);
        this.thread = thread;
        this.happened = happened;
        this.expected = expected;
    }

    /// The thread within its block; of `Shuffle` the lane within its warp.
    int thread() {
        return thread;
    }

    /// What it did.
    String happened() {
        return happened;
    }

    /// What it should have done.
    String expected() {
        return expected;
    }
}
