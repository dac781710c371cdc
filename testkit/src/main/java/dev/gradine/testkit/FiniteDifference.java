package dev.gradine.testkit;

import java.util.function.ToDoubleFunction;

/// Central differences of a formula in double: the oracle of every gradient.
///
/// ```
/// ∂f/∂x_i ≈ (f(x + h e_i) − f(x − h e_i)) / ((x_i + h) − (x_i − h))
/// ```
public final class FiniteDifference {

    /// The step h.
    public static final double STEP = 1e-3;

    private FiniteDifference() {}

    /// All partial derivatives of `f` at `x`, which is left as it was.
    public static double[] of(ToDoubleFunction<double[]> f, double[] x) {
        double[] slope = new double[x.length];
        for (int i = 0; i < x.length; i++) slope[i] = of(f, x, i);
        return slope;
    }

    /// The derivative of `f` at `x` along axis `i`, for inputs too long to try every one.
    public static double of(ToDoubleFunction<double[]> f, double[] x, int i) {
        double at = x[i];
        double up = at + STEP;
        double down = at - STEP;
        x[i] = up;
        double above = f.applyAsDouble(x);
        x[i] = down;
        double below = f.applyAsDouble(x);
        x[i] = at;
        return (above - below) / (up - down); // not 2h: the arguments were rounded
    }

    /// As above, at float values.
    public static double[] of(ToDoubleFunction<double[]> f, float[] x) {
        return of(f, Cases.doubles(x));
    }
}
