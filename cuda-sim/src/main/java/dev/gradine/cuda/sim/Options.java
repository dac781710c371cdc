package dev.gradine.cuda.sim;

/// How a simulator runs kernels.
///
/// @param capability of the GPU it stands for, ten times major plus minor: 80 or 90; decides how tensor cores round
/// @param memoryBytes device memory it offers
/// @param instructions most instructions that the warps of one block may execute together, so that an endless loop ends
/// @param isWatched whether races and reads of what nobody wrote are looked for, which costs about a quarter of the
/// time
/// @param schedule which warp runs next
/// @param approximation what `ex2.approx` and its like return
public record Options(
        int capability,
        long memoryBytes,
        long instructions,
        boolean isWatched,
        Schedule schedule,
        Approximation approximation) {

    private static final long ENDLESS = 1L << 30;

    /// sm_80, warps in turn, correctly rounded approximations. Device memory is an eighth of the Java
    /// heap: what is known of each byte takes five times as much.
    public static Options defaults() {
        long memory = Runtime.getRuntime().maxMemory() / 8;
        return new Options(80, memory, ENDLESS, true, Schedule.inTurn(), Approximation.EXACT);
    }

    /// The same with another order of warps.
    public Options with(Schedule other) {
        return new Options(capability, memoryBytes, instructions, isWatched, other, approximation);
    }

    /// The same with other approximations.
    public Options with(Approximation other) {
        return new Options(capability, memoryBytes, instructions, isWatched, schedule, other);
    }

    /// The same, faster and with four times the memory, without a look at races and reads of what nobody wrote.
    public Options unwatched() {
        return new Options(capability, 4 * memoryBytes, instructions, false, schedule, approximation);
    }

    /// The same for another GPU: 80 or 90.
    public Options withCapability(int other) {
        return new Options(other, memoryBytes, instructions, isWatched, schedule, approximation);
    }
}
