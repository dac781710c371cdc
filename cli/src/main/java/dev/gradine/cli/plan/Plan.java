package dev.gradine.cli.plan;

import dev.gradine.nn.Weight;
import dev.gradine.peft.TrainedCount;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a training run would need.
///
/// @param request what was planned
/// @param trained values trained
/// @param memory its items
/// @param disk what it writes
/// @param work operations, time and cost
/// @param fits what it takes to fit into usual memories
public record Plan(
        PlanRequest request,
        long trained,
        List<MemoryItem> memory,
        List<MemoryItem> disk,
        WorkPlan work,
        List<Fit> fits) {

    /// Plans a run.
    ///
    /// @throws dev.gradine.peft.AdapterException if nothing would be trained
    public static Plan of(PlanRequest r) {
        TrainedCount count = r.count();
        List<MemoryItem> memory = MemoryPlan.of(r);
        long weights = memory.getFirst().bytes();
        return new Plan(r, count.total(), memory, disk(r, count), WorkPlan.of(r, count, weights), Fit.of(r));
    }

    private static List<MemoryItem> disk(PlanRequest r, TrainedCount count) {
        long n = count.total();
        double kept = r.tuning().stateBytes();
        long model = r.model().weights().stream().mapToLong(r.model()::bytes).sum();
        return List.of(
                new MemoryItem("adapter file", 4 * n, "4 bytes · %,d values trained".formatted(n)),
                new MemoryItem(
                        "checkpoint",
                        4 * n + Math.round(kept * n),
                        "%,d · (4 bytes + %.3g of the optimiser), replaced at each save".formatted(n, kept)),
                new MemoryItem(
                        "merged model",
                        model,
                        "%,d values in the model's own type, if it is written"
                                .formatted(r.model().weights().stream()
                                        .map(Weight::shape)
                                        .mapToLong(s -> s.size())
                                        .sum())));
    }

    /// Bytes of memory at the peak.
    public long bytes() {
        return MemoryPlan.total(memory);
    }

    /// All of it by name, for `--json`.
    public Map<String, Object> json() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("model", request.model().name());
        all.put("adapter", request.tuning().method().name());
        all.put("parameters", request.model().parameters());
        all.put("trained", trained);
        all.put("memory_bytes", bytes());
        all.put("memory", items(memory));
        all.put("disk", items(disk));
        all.put("flops_per_step", work.flops());
        all.put("flops_formula", work.formula());
        all.put("seconds_per_step", work.stepSeconds());
        all.put("bound", work.bound());
        all.put("tokens_per_second", work.tokensPerSecond());
        all.put("seconds", work.runSeconds());
        if (request.hardware().price() > 0)
            all.put("cost", work.cost(request.hardware().price()));
        Map<String, Object> sizes = new LinkedHashMap<>();
        for (Fit f : fits) sizes.put(f.gigabytes() + " GB", Map.of("fits", f.fits(), "advice", f.advice()));
        all.put("fits", sizes);
        return all;
    }

    private static Map<String, Object> items(List<MemoryItem> items) {
        Map<String, Object> all = new LinkedHashMap<>();
        for (MemoryItem i : items) all.put(i.name(), Map.of("bytes", i.bytes(), "formula", i.formula()));
        return all;
    }
}
