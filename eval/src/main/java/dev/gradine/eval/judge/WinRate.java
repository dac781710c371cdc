package dev.gradine.eval.judge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// What many verdicts say of a candidate and a baseline.
///
/// ```
/// s = mean over both orders (and turns) of {1, ½, 0}, for each question        win rate = mean s
/// standard error = sd(s) / √n        interval: 2.5 % and 97.5 % of 10,000 resamples of questions
/// ```
///
/// Resampled are questions, never games: the two games of a question say much the same. Beside it stand
/// what judges are known to be swayed by: who stood first, and who was longer.
///
/// @param scores s of each question
/// @param interval of the win rate
/// @param counts questions won, tied and lost by FastChat's rule: both orders agree, or it is a tie
/// @param sway what else may have decided
/// @param lengthControlled win rate at equal length
public record WinRate(List<Double> scores, Interval interval, Counts counts, Sway sway, double lengthControlled) {

    private static final int RESAMPLES = 10_000;

    /// Bounds of a number.
    ///
    /// @param seed of the resamples
    public record Interval(double low, double high, long seed) {}

    /// How games ended.
    ///
    /// @param invalid verdicts that could not be read; their games are left out
    public record Counts(int won, int tied, int lost, int invalid) {

        /// Games that count.
        public int games() {
            return won + tied + lost;
        }

        /// FastChat's win rate, which gives nothing for a tie.
        public double winRate() {
            return (double) won / games();
        }

        /// FastChat's adjusted win rate: ties half.
        public double adjusted() {
            return (won + tied / 2.0) / games();
        }
    }

    /// What judges are swayed by.
    ///
    /// @param consistency share of games whose two verdicts agree
    /// @param first share of decided verdicts won by the answer that stood first
    /// @param longer share of decided verdicts won by the longer answer, of answers that differ in length
    public record Sway(double consistency, double first, double longer) {}

    /// Of games.
    ///
    /// @param seed of the resamples
    /// @throws IllegalArgumentException if no game has two verdicts
    public static WinRate of(List<Game> games, long seed) {
        List<Game> valid = games.stream().filter(Game::isValid).toList();
        if (valid.isEmpty()) throw new IllegalArgumentException("judge: no question has two verdicts that can be read");
        Map<String, List<Double>> byQuestion = new LinkedHashMap<>();
        for (Game g : valid) {
            List<Double> s = byQuestion.computeIfAbsent(g.question(), _ -> new ArrayList<>());
            s.add(g.forwardScore());
            s.add(g.swappedScore());
        }
        List<Double> scores = byQuestion.values().stream().map(WinRate::mean).toList();
        return new WinRate(scores, interval(scores, seed), counts(games), sway(valid), LengthControl.of(valid));
    }

    private static double mean(Collection<Double> x) {
        return x.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    /// The win rate.
    public double value() {
        return mean(scores);
    }

    /// Its standard error; NaN for one question.
    public double error() {
        double mean = value();
        double squares =
                scores.stream().mapToDouble(s -> (s - mean) * (s - mean)).sum();
        return Math.sqrt(squares / (scores.size() - 1)) / Math.sqrt(scores.size());
    }

    /// Two-sided exact sign test over questions that are not ½: how often chance alone gives so clear a
    /// result.
    public double signTest() {
        long won = scores.stream().filter(s -> s > 0.5).count();
        long lost = scores.stream().filter(s -> s < 0.5).count();
        int n = (int) (won + lost);
        double tail = 0;
        double term = Math.pow(0.5, n); // C(n, k) / 2ⁿ
        for (int k = 0; k <= Math.min(won, lost); k++) {
            tail += term;
            term *= (double) (n - k) / (k + 1);
        }
        return Math.min(1, 2 * tail);
    }

    private static Interval interval(List<Double> scores, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] means = new double[RESAMPLES];
        for (int r = 0; r < RESAMPLES; r++) {
            double sum = 0;
            for (int i = 0; i < scores.size(); i++) sum += scores.get(random.nextInt(scores.size()));
            means[r] = sum / scores.size();
        }
        Arrays.sort(means);
        return new Interval(means[(int) (0.025 * RESAMPLES)], means[(int) (0.975 * RESAMPLES) - 1], seed);
    }

    private static Counts counts(List<Game> games) {
        int won = 0;
        int lost = 0;
        int valid = 0;
        int invalid = 0;
        for (Game g : games) {
            invalid += g.invalid();
            if (!g.isValid()) continue;
            valid++;
            if (g.forwardScore() == 1 && g.swappedScore() == 1) won++;
            if (g.forwardScore() == 0 && g.swappedScore() == 0) lost++;
        }
        return new Counts(won, valid - won - lost, lost, invalid);
    }

    private static Sway sway(List<Game> valid) {
        int agree = 0;
        List<Double> first = new ArrayList<>();
        List<Double> longer = new ArrayList<>();
        for (Game g : valid) {
            if (g.forwardScore() == g.swappedScore()) agree++;
            int more = Integer.compare(g.candidateLength(), g.baselineLength());
            for (double s : new double[] {g.forwardScore(), g.swappedScore()}) {
                if (s != 0.5 && more != 0) longer.add(more > 0 ? s : 1 - s);
            }
            if (!g.forward().equals("C")) first.add(g.forward().equals("A") ? 1.0 : 0.0);
            if (!g.swapped().equals("C")) first.add(g.swapped().equals("A") ? 1.0 : 0.0);
        }
        return new Sway((double) agree / valid.size(), mean(first), mean(longer));
    }
}
