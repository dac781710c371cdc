package dev.gradine.cli.gpu;

import java.util.LinkedHashMap;
import java.util.Map;

/// One line of the bench. Rates are amounts a second: more is better; 0 where nobody was measured.
///
/// @param name of the work
/// @param unit of the rates
/// @param ours our kernel
/// @param percent of the card's peak
/// @param cublas NVIDIA's product
/// @param torch PyTorch's op
/// @param norm of what our kernel wrote
public record GpuRow(String name, String unit, double ours, double percent, double cublas, double torch, double norm) {

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
                        ours,
                        unit,
                        percent > 0 ? "%.1f %%".formatted(percent) : "–",
                        show(cublas),
                        show(torch),
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
        json.put("ours", ours);
        json.put("percent_of_peak", percent);
        if (cublas > 0) json.put("cublas", cublas);
        if (torch > 0) json.put("torch", torch);
        json.put("norm", norm);
        return json;
    }
}
