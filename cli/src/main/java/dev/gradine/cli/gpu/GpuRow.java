package dev.gradine.cli.gpu;

import java.util.LinkedHashMap;
import java.util.Map;

/// One line of the bench.
///
/// @param name of the work
/// @param unit of the rates
/// @param rates ours and of others
/// @param percent that our rate is of the card's peak; 0 where no peak is known
/// @param norm of what our kernel wrote
public record GpuRow(String name, String unit, Rates rates, double percent, double norm) {

    /// Amounts a second: more is better; 0 where nobody was measured.
    ///
    /// @param ours our kernel
    /// @param cublas NVIDIA's product
    /// @param torch PyTorch's op
    public record Rates(double ours, double cublas, double torch) {}

    /// Names of the columns.
    public static String head() {
        return "%-28s %10s %-8s %8s %10s %10s %12s"
                .formatted("kernel", "ours", "", "of peak", "cuBLAS", "PyTorch", "norm");
    }

    /// As an aligned line.
    public String line() {
        return "%-28s %10.1f %-8s %8s %10s %10s %12.5g"
                .formatted(
                        name,
                        rates.ours(),
                        unit,
                        percent > 0 ? "%.1f %%".formatted(percent) : "–",
                        show(rates.cublas()),
                        show(rates.torch()),
                        norm);
    }

    private static String show(double rate) {
        return rate > 0 ? "%.1f".formatted(rate) : "–";
    }

    /// As JSON fields.
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("kernel", name);
        json.put("unit", unit);
        json.put("ours", rates.ours());
        json.put("percent_of_peak", percent);
        if (rates.cublas() > 0) json.put("cublas", rates.cublas());
        if (rates.torch() > 0) json.put("torch", rates.torch());
        json.put("norm", norm);
        return json;
    }
}
