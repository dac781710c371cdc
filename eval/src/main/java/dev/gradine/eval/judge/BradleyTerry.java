package dev.gradine.eval.judge;

import java.util.ArrayList;
import java.util.List;

/// How strong each of several models is, by whom it beat.
///
/// ```
/// P(i beats j) = σ(θᵢ − θⱼ), ties half        θ of the first is 0        Elo = 400 · θ / ln 10
/// ```
///
/// Bradley & Terry 1952. Newton's method on the log-likelihood with the penalty ½·10⁻⁶·θ², which keeps a
/// model that won always finite.
public final class BradleyTerry {

    private static final double PENALTY = 1e-6;
    private static final int STEPS = 100;

    private BradleyTerry() {}

    /// Strengths θ.
    ///
    /// @param wins points of model i against model j; the first model is the baseline
    public static List<Double> strengths(List<List<Double>> wins) {
        int n = wins.size();
        double[] theta = new double[n];
        for (int step = 0; step < STEPS; step++) {
            double[] d = solve(system(wins, theta));
            double largest = 0;
            for (double v : d) largest = Math.max(largest, Math.abs(v));
            double damped = largest > 1 ? 1 / largest : 1;
            for (int i = 1; i < n; i++) theta[i] += damped * d[i - 1];
        }
        List<Double> all = new ArrayList<>();
        for (double t : theta) all.add(t);
        return all;
    }

    /// On the scale of chess.
    public static double elo(double theta) {
        return 400 * theta / Math.log(10);
    }

    /// Negative Hessian and, in the last column, the gradient; without the baseline.
    private static double[][] system(List<List<Double>> wins, double[] theta) {
        int n = theta.length;
        double[][] a = new double[n - 1][n];
        for (int i = 1; i < n; i++) {
            a[i - 1][i - 1] = PENALTY;
            a[i - 1][n - 1] = -PENALTY * theta[i];
            for (int j = 0; j < n; j++) {
                if (j == i) continue;
                double won = wins.get(i).get(j);
                double lost = wins.get(j).get(i);
                double p = 1 / (1 + Math.exp(theta[j] - theta[i]));
                double w = (won + lost) * p * (1 - p);
                a[i - 1][n - 1] += won - (won + lost) * p;
                a[i - 1][i - 1] += w;
                if (j > 0) a[i - 1][j - 1] -= w;
            }
        }
        return a;
    }

    /// Gaussian elimination of a symmetric positive system; the last column is the right side.
    private static double[] solve(double[][] a) {
        int n = a.length;
        for (int c = 0; c < n; c++) {
            for (int r = c + 1; r < n; r++) {
                double f = a[r][c] / a[c][c];
                for (int k = c; k <= n; k++) a[r][k] -= f * a[c][k];
            }
        }
        double[] x = new double[n];
        for (int r = n - 1; r >= 0; r--) {
            double sum = a[r][n];
            for (int k = r + 1; k < n; k++) sum -= a[r][k] * x[k];
            x[r] = sum / a[r][r];
        }
        return x;
    }
}
