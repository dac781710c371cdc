package dev.gradine.tensor.cpu;

/// Arrays that one thread's kernels reuse from call to call. A kernel reads nothing from them that it did not write in
/// the same call, and a part never runs another kernel.
final class ThreadArrays {

    private static final ThreadLocal<ThreadArrays> MINE = ThreadLocal.withInitial(ThreadArrays::new);

    private float[] floats = new float[0];
    private double[] doubles = new double[0];

    private ThreadArrays() {}

    /// At least `n` floats of any content.
    static float[] floats(int n) {
        ThreadArrays s = MINE.get();
        if (s.floats.length < n) s.floats = new float[Math.max(n, 2 * s.floats.length)];
        return s.floats;
    }

    /// At least `n` doubles of any content.
    static double[] doubles(int n) {
        ThreadArrays s = MINE.get();
        if (s.doubles.length < n) s.doubles = new double[Math.max(n, 2 * s.doubles.length)];
        return s.doubles;
    }
}
