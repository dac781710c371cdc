package dev.gradine.tensor.cpu;

/// The normal distribution in double, by series: the JDK has no erf.
final class NormalReference {

    private NormalReference() {}

    /// `Φ(x)`: for small |x| `½ + φ(x) (x + x³/3 + x⁵/15 + …)`, else by the continued fraction of the upper tail.
    static double cdf(double x) {
        double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
        if (Math.abs(x) < 4) {
            double term = x;
            double sum = x;
            for (int k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
                term *= x * x / k;
                sum += term;
            }
            return 0.5 + density * sum;
        }
        double fraction = 0;
        for (int k = 200; k >= 1; k--) fraction = k / (Math.abs(x) + fraction);
        double tail = density / (Math.abs(x) + fraction);
        return x > 0 ? 1 - tail : tail;
    }
}
