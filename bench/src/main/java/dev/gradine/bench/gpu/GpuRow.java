package dev.gradine.bench.gpu;

import java.util.LinkedHashMap;
import java.util.Map;

/// One line of the bench.
///
/// @param name of the work
/// @param unit of the rates
/// @param rates ours and of others
/// @param shares what our rate is compared with, and memory
/// @param norm of what was computed; of backward works and steps that of the gradient
/// @param goal that it is measured for
public record GpuRow(String name, String unit, Rates rates, Shares shares, double norm, Goal goal) {

    /// Amounts a second: more is better; 0 where nobody was measured.
    ///
    /// @param ours our kernel
    /// @param cublas NVIDIA's product
    /// @param torch PyTorch's op
    public record Rates(double ours, double cublas, double torch) {}

    /// 0 where it is unknown or does not apply.
    ///
    /// @param percent that our rate is of the GPU's peak
    /// @param unfused our rate in units of that of the unfused kernels
    /// @param memory beside inputs, in GB
    public record Shares(double percent, double unfused, double memory) {}

    /// Names of the columns.
    public static String head() {
        return "%-34s %10s %-8s %8s %10s %10s %12s  %s"
                .formatted("work", "ours", "", "of peak", "cuBLAS", "PyTorch", "norm", "goal");
    }

    /// Whether nothing was computed, or no number: then the rate says nothing either.
    public boolean isWrong() {
        return !(norm > 0) || Double.isInfinite(norm);
    }

    /// As an aligned line.
    public String line() {
        return "%-34s %10.1f %-8s %8s %10s %10s %12.5g  %s%s"
                .formatted(
                        name,
                        rates.ours(),
                        unit,
                        shares.percent() > 0 ? "%.1f %%".formatted(shares.percent()) : "–",
                        show(rates.cublas()),
                        show(rates.torch()),
                        norm,
                        remarks(),
                        isWrong() ? "WRONG" : "")
                .stripTrailing();
    }

    /// The same with the rate that `other` has with cuBLAS; wrong if one of them is.
    GpuRow beside(GpuRow other) {
        var both = new Rates(rates.ours(), other.rates.ours(), rates.torch());
        return new GpuRow(name, unit, both, shares, other.isWrong() ? other.norm : norm, goal);
    }

    private static String show(double rate) {
        return rate > 0 ? "%.1f".formatted(rate) : "–";
    }

    private String remarks() {
        StringBuilder text = new StringBuilder();
        if (shares.unfused() > 0) text.append("%.2f× unfused; ".formatted(shares.unfused()));
        if (shares.memory() > 0) text.append("%.2f GB beside inputs; ".formatted(shares.memory()));
        if (goal.isGiven()) {
            text.append("%s: %s %s, ".formatted(goal.name(), number(goal.floor()), goal.unit(unit)));
            text.append(measured() == 0 ? "unknown " : isReached() ? "reached " : "missed ");
        }
        return text.toString();
    }

    private static String number(double x) {
        return x == Math.rint(x) ? "%,.0f".formatted(x) : "%.1f".formatted(x);
    }

    /// The figure that the goal is about.
    private double measured() {
        return switch (goal.of()) {
            case RATE -> rates.ours();
            case PERCENT -> shares.percent();
            case RATIO -> shares.unfused();
            case MEMORY -> shares.memory();
        };
    }

    private boolean isReached() {
        return goal.of() == Goal.Of.MEMORY ? measured() <= goal.floor() : measured() >= goal.floor();
    }

    /// As JSON fields.
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("kernel", name);
        json.put("unit", unit);
        json.put("ours", rates.ours());
        json.put("percent_of_peak", shares.percent());
        if (rates.cublas() > 0) json.put("cublas", rates.cublas());
        if (rates.torch() > 0) json.put("torch", rates.torch());
        if (shares.unfused() > 0) json.put("times_unfused", shares.unfused());
        if (shares.memory() > 0) json.put("memory_gb", shares.memory());
        json.put("norm", Double.isFinite(norm) ? norm : String.valueOf(norm));
        if (isWrong()) json.put("wrong", true);
        if (!goal.isGiven()) return json;
        json.put("goal", goal.name());
        json.put("floor", goal.floor());
        json.put("floor_unit", goal.unit(unit));
        if (measured() > 0) json.put("reached", isReached());
        return json;
    }
}
