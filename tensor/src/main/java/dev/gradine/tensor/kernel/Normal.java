package dev.gradine.tensor.kernel;

/// The standard normal distribution in double, with small relative error in both tails.
final class Normal {

    private static final int TERMS = 200; // of the series or the fraction; both have settled by then

    private Normal() {}

    /// `φ(x) = e^(−x²/2) / √(2π)`.
    static double density(double x) {
        return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    /// `Φ(x)`.
    ///
    /// ```
    /// Φ(x)  = ½ + φ(x) (x + x³/3 + x⁵/(3·5) + …)                          |x| < 3
    /// Φ(−a) = φ(a) / (a + 1/(a + 2/(a + 3/(a + …))))                        a ≥ 3
    /// ```
    ///
    /// Abramowitz & Stegun 1964, 26.2.11 and 26.2.14.
    static double cdf(double x) {
        if (Math.abs(x) < 3) return 0.5 + density(x) * series(x);
        double lower = density(x) / fraction(Math.abs(x));
        return x > 0 ? 1 - lower : lower;
    }

    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int k = 1; k < TERMS; k++) {
            term *= x * x / (2 * k + 1);
            sum += term;
        }
        return sum;
    }

    private static double fraction(double a) {
        double f = a;
        for (int k = TERMS; k > 0; k--) f = a + k / f;
        return f;
    }
}
