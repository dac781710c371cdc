package dev.gradine.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One line of the table. Figures are rates: more is better.
///
/// @param work what was done, with its sizes
/// @param unit of the figures, such as `GFLOP/s`
/// @param best largest rate seen
/// @param median rate of the median run
/// @param percentOfPeak best as a share of the peak measured in the same run, in percent; 0 where there is none
/// @param peers the same two figures of whom it was compared with: one or none
public record Measured(
        String work, String unit, double best, double median, double percentOfPeak, List<Figures> peers) {

    /// Rates of a peer.
    ///
    /// @param best largest rate seen
    /// @param median rate of the median run
    public record Figures(double best, double median) {}

    /// A row without peer.
    public Measured(String work, String unit, double best, double median, double percentOfPeak) {
        this(work, unit, best, median, percentOfPeak, List.of());
    }

    static Measured rate(String work, String unit, double amount, Timing t, double peak) {
        return of(work, unit, amount, List.of(t), peak);
    }

    /// @param amount done by one run, in the unit without its `/s`
    /// @param timings ours, then the peer's if there is one
    static Measured of(String work, String unit, double amount, List<Timing> timings, double peak) {
        List<Figures> all = timings.stream()
                .map(t -> new Figures(amount / t.best(), amount / t.median()))
                .toList();
        Figures ours = all.getFirst();
        double percent = peak > 0 ? 100 * ours.best() / peak : 0;
        return new Measured(work, unit, ours.best(), ours.median(), percent, all.subList(1, all.size()));
    }

    /// Names of the columns.
    ///
    /// @param peer name of whom works are compared with; empty for nobody
    public static String head(String peer) {
        String ours = "%-46s %10s %10s %-9s %8s".formatted("work", "best", "median", "", "of peak");
        return peer.isEmpty() ? ours : ours + "  %10s %10s %6s".formatted(peer, "median", "ratio");
    }

    /// As an aligned line; the ratio is that of the best runs.
    public String line() {
        String peak = percentOfPeak > 0 ? "%6.1f %%".formatted(percentOfPeak) : "       –";
        StringBuilder line = new StringBuilder("%-46s %10.1f %10.1f %-9s %s".formatted(work, best, median, unit, peak));
        for (Figures p : peers) line.append("  %10.1f %10.1f %6.2f".formatted(p.best(), p.median(), best / p.best()));
        return line.toString();
    }

    /// As JSON fields.
    public Map<String, Object> json() {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("work", work);
        m.put("unit", unit);
        m.put("best", best);
        m.put("median", median);
        m.put("percent_of_peak", percentOfPeak);
        for (Figures p : peers) {
            m.put("peer_best", p.best());
            m.put("peer_median", p.median());
            m.put("ratio", best / p.best());
        }
        return m;
    }
}
