package dev.gradine.train;

/// Sums over downloaded values, for metrics.
final class HostSums {

    private HostSums() {}

    static double sum(float[] x) {
        return sum(x, 0, x.length);
    }

    static double sum(float[] x, int from, int to) {
        double s = 0;
        for (int i = from; i < to; i++) s += x[i];
        return s;
    }

    /// In how many places the two agree.
    static int equal(int[] a, int[] b) {
        return equal(a, b, a.length);
    }

    static int equal(int[] a, int[] b, int n) {
        int count = 0;
        for (int i = 0; i < n; i++) if (a[i] == b[i]) count++;
        return count;
    }
}
