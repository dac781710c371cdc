package dev.gradine.eval.judge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What is said of a win rate: as lines for a reader, and by names for a program.
///
/// @param name of the candidate
/// @param rate its win rate
public record JudgeReport(String name, WinRate rate) {

    private static final double MOVES = 0.10; // of the win rate, by length control

    /// The lines, beginning with the win rate.
    public List<String> lines() {
        WinRate.Counts c = rate.counts();
        WinRate.Sway s = rate.sway();
        WinRate.Interval i = rate.interval();
        List<String> lines = new ArrayList<>(List.of(
                String.format(
                        Locale.ROOT,
                        "%s: win rate %.1f %% ± %.1f, 95 %% interval %.1f … %.1f"
                                + " (10000 resamples, seed %d), %d questions",
                        name,
                        100 * rate.value(),
                        100 * rate.error(),
                        100 * i.low(),
                        100 * i.high(),
                        i.seed(),
                        rate.scores().size()),
                String.format(
                        Locale.ROOT, "  at equal length        %5.1f %%  (lc_minimal)", 100 * rate.lengthControlled()),
                String.format(Locale.ROOT, "  sign test              p = %.4f", rate.signTest()),
                String.format(
                        Locale.ROOT,
                        "  FastChat               %d won, %d tied, %d lost: win rate %.1f %%, adjusted %.1f %%",
                        c.won(),
                        c.tied(),
                        c.lost(),
                        100 * c.winRate(),
                        100 * c.adjusted()),
                String.format(Locale.ROOT, "  both orders agree      %5.1f %%", 100 * s.consistency()),
                String.format(Locale.ROOT, "  the first answer won   %5.1f %%", 100 * s.first()),
                String.format(Locale.ROOT, "  the longer answer won  %5.1f %%", 100 * s.longer()),
                String.format(Locale.ROOT, "  invalid verdicts       %5d", c.invalid())));
        if (Math.abs(rate.lengthControlled() - rate.value()) > MOVES) {
            lines.add("  warning: length moves the win rate by more than 10 points");
        }
        return lines;
    }

    /// The numbers.
    public Map<String, Object> json() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("win_rate", rate.value());
        all.put("standard_error", rate.error());
        all.put("interval_95", List.of(rate.interval().low(), rate.interval().high()));
        all.put("seed", rate.interval().seed());
        all.put("n_questions", rate.scores().size());
        all.put("lc_minimal", rate.lengthControlled());
        all.put("sign_test_p", rate.signTest());
        all.put("won", rate.counts().won());
        all.put("tied", rate.counts().tied());
        all.put("lost", rate.counts().lost());
        all.put("win_rate_fastchat", rate.counts().winRate());
        all.put("win_rate_adjusted", rate.counts().adjusted());
        all.put("invalid", rate.counts().invalid());
        all.put("consistency", rate.sway().consistency());
        all.put("first_position", rate.sway().first());
        all.put("longer", rate.sway().longer());
        return all;
    }
}
