package dev.gradine.cli.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/// One line of the table.
///
/// @param work what was done, with its sizes
/// @param unit of the two figures, such as `GFLOP/s`
/// @param best largest rate seen
/// @param median rate of the median run
/// @param percentOfPeak best as a share of the peak measured in the same run, in percent; 0 where there is none
public record Measured(String work, String unit, double best, double median, double percentOfPeak) {

    static Measured rate(String work, String unit, double amount, Timing t, double peak) {
        double best = amount / t.best();
        return new Measured(work, unit, best, amount / t.median(), peak > 0 ? 100 * best / peak : 0);
    }

    /// As an aligned line.
    public String line() {
        String peak = percentOfPeak > 0 ? "%6.1f %%".formatted(percentOfPeak) : "       –";
        return "%-44s %10.1f %10.1f %-9s %s".formatted(work, best, median, unit, peak);
    }

    /// As JSON fields.
    public Map<String, Object> json() {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("work", work);
        m.put("unit", unit);
        m.put("best", best);
        m.put("median", median);
        m.put("percent_of_peak", percentOfPeak);
        return m;
    }
}
