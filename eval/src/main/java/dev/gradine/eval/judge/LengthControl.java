package dev.gradine.eval.judge;

import java.util.List;

/// The win rate that two models of equal answer lengths would have.
///
/// ```
/// P(candidate better) = σ(θ + φ · tanh(Δ / σ_Δ))        win rate at equal length = σ(θ)
/// ```
///
/// Δ is the difference of lengths in characters, σ_Δ its sample deviation. Fitted by Newton's method on
/// the games with the penalty ½·λ·(θ² + φ²), λ = 0.1. After AlpacaEval's length-controlled win rate
/// (Dubois et al. 2024, arXiv:2404.04475), eq. 2, without its difficulty of each instruction.
final class LengthControl {

    private static final double PENALTY = 0.1;
    private static final int STEPS = 50;

    private LengthControl() {}

    /// The win rate at equal length.
    static double of(List<Game> games) {
        double[] x = features(games);
        double theta = 0;
        double phi = 0;
        for (int step = 0; step < STEPS; step++) {
            double g0 = -PENALTY * theta;
            double g1 = -PENALTY * phi;
            double h00 = PENALTY;
            double h01 = 0;
            double h11 = PENALTY;
            for (int i = 0; i < x.length; i++) {
                double p = sigmoid(theta + phi * x[i]);
                double d = score(games.get(i)) - p;
                double w = p * (1 - p);
                g0 += d;
                g1 += d * x[i];
                h00 += w;
                h01 += w * x[i];
                h11 += w * x[i] * x[i];
            }
            double det = h00 * h11 - h01 * h01;
            theta += (h11 * g0 - h01 * g1) / det;
            phi += (h00 * g1 - h01 * g0) / det;
        }
        return sigmoid(theta);
    }

    private static double score(Game g) {
        return (g.forwardScore() + g.swappedScore()) / 2;
    }

    private static double sigmoid(double z) {
        return 1 / (1 + Math.exp(-z));
    }

    private static double[] features(List<Game> games) {
        double[] delta = games.stream()
                .mapToDouble(g -> g.candidateLength() - g.baselineLength())
                .toArray();
        double mean = 0;
        for (double d : delta) mean += d / delta.length;
        double squares = 0;
        for (double d : delta) squares += (d - mean) * (d - mean);
        double deviation = delta.length > 1 ? Math.sqrt(squares / (delta.length - 1)) : 0;
        double scale = deviation > 0 ? deviation : 1; // all differ alike: the unit does not matter
        for (int i = 0; i < delta.length; i++) delta[i] = Math.tanh(delta[i] / scale);
        return delta;
    }
}
