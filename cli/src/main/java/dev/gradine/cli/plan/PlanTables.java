package dev.gradine.cli.plan;

import dev.gradine.cli.plan.PlanRequest.StepShape;
import dev.gradine.cli.plan.PlanRequest.Tuning;
import dev.gradine.nn.Quantization;
import dev.gradine.peft.Dora;
import dev.gradine.peft.Full;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Method;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The two tables people quote, computed: four ways of adapting one model, and what ten results take on disk.
///
/// @param model the model
/// @param ways what each way takes
public record PlanTables(PlanModel model, List<Way> ways) {

    /// One way of adapting.
    ///
    /// @param name of it
    /// @param plan of a step of one sequence on a GPU with checkpoints
    /// @param speed bytes that a token reads in generation, by those of the base in its own type
    /// @param told forgetting, merging
    public record Way(String name, Plan plan, double speed, Told told) {}

    /// What no formula gives.
    ///
    /// @param forgetting how much of the base is lost, as published
    /// @param merging what becomes of the adapter
    public record Told(String forgetting, String merging) {}

    private static final List<Quantization> NONE = List.of();
    private static final List<Quantization> NF4 = List.of(new Quantization(DType.NF4, 64, true, List.of()));

    private static final Told FULL = new Told("highest: every weight moves", "nothing to merge: it is a model");
    private static final Told LORA = new Told("low: learns less, forgets less", "yes, exact up to rounding");
    private static final Told QLORA =
            new Told("low, as LoRA's", "onto full or decoded weights; requantising adds error");
    private static final Told DORA = new Told("low, between the two", "yes, exact up to rounding");

    /// Plans each way at that rank.
    ///
    /// @param length tokens of the one sequence of a step
    public static PlanTables of(PlanModel m, int rank, int length) {
        Lora lora = Lora.of(rank, 2 * rank);
        Method dora = new Dora(lora);
        List<Way> all = new ArrayList<>();
        all.add(way("full", plan(m, Full.defaults(), NONE, length), FULL));
        all.add(way("LoRA", plan(m, lora, NONE, length), LORA));
        all.add(way("QLoRA", plan(m, lora, NF4, length), QLORA));
        all.add(way("DoRA", plan(m, dora, NONE, length), DORA));
        return new PlanTables(m, all);
    }

    private static Plan plan(PlanModel m, Method method, List<Quantization> quantised, int length) {
        Selection where = Selection.of(method.usualTargets());
        StepShape shape = new StepShape(1, length, true, 1);
        return Plan.of(new PlanRequest(m, new Tuning(method, where, quantised, 8), shape, Hardware.named("h200")));
    }

    /// Generation reads each weight once a token, and adapters that are not merged beside them.
    private static Way way(String name, Plan p, Told told) {
        double base = p.request().model().bytes();
        boolean whole = p.request().tuning().method() instanceof Full;
        double read = p.memory().getFirst().bytes() + (whole ? 0 : 4.0 * p.trained());
        return new Way(name, p, base / read, told);
    }

    /// Both tables as text.
    ///
    /// @param count of adapters and copies that are stored
    public List<String> lines(int count) {
        List<String> all = new ArrayList<>();
        all.add("%s: %,d parameters; a step of %,d tokens on a GPU, checkpoints, AdamW, by formula"
                .formatted(
                        model.name(),
                        model.parameters(),
                        ways.getFirst().plan().request().shape().tokens()));
        all.add("");
        String row = "%-6s %16s %9s %10s %10s  %-32s %s";
        all.add(row.formatted("", "trained", "share", "memory", "inference", "forgetting", "merging"));
        for (Way w : ways) {
            all.add(row.formatted(
                    w.name(),
                    "%,d".formatted(w.plan().trained()),
                    "%.3f %%".formatted(100.0 * w.plan().trained() / model.parameters()),
                    Units.bytes(w.plan().bytes()),
                    "%.2f×".formatted(w.speed()),
                    w.told().forgetting(),
                    w.told().merging()));
        }
        all.addAll(notes());
        all.addAll(storage(count));
        return all;
    }

    private static List<String> notes() {
        return List.of(
                "inference: tokens per second, one at a time, not merged, by the bytes read a token; merged, LoRA"
                        + " and DoRA are the base's 1.00×",
                "forgetting: Biderman et al. 2024 (arXiv:2405.09673), section 4; DoRA: Liu et al. 2024"
                        + " (arXiv:2402.09353)");
    }

    private List<String> storage(int count) {
        List<String> all = new ArrayList<>(List.of("", "storage of %d results".formatted(count)));
        long base = model.bytes();
        all.add("  %-26s %10s   %d · %s"
                .formatted("fine-tuned copies", Units.bytes(copies(count)), count, Units.bytes(base)));
        for (Way w : ways.subList(1, ways.size())) {
            long one = 4 * w.plan().trained();
            all.add("  %-26s %10s   %s of the base + %d · %s; %.1f times less"
                    .formatted(
                            w.name() + " adapters, one base",
                            Units.bytes(stored(w, count)),
                            Units.bytes(w.plan().memory().getFirst().bytes()),
                            count,
                            Units.bytes(one),
                            (double) copies(count) / stored(w, count)));
        }
        return all;
    }

    private long copies(int count) {
        return count * model.bytes();
    }

    private static long stored(Way w, int count) {
        return w.plan().memory().getFirst().bytes() + 4L * count * w.plan().trained();
    }

    /// Both tables by name.
    ///
    /// @param count of adapters and copies that are stored
    public Map<String, Object> json(int count) {
        Map<String, Object> methods = new LinkedHashMap<>();
        Map<String, Object> storage = new LinkedHashMap<>();
        for (Way w : ways) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("trained", w.plan().trained());
            row.put("memory_bytes", w.plan().bytes());
            row.put("inference_speed", w.speed());
            row.put("forgetting", w.told().forgetting());
            row.put("merging", w.told().merging());
            methods.put(w.name(), row);
            boolean whole = w.plan().request().tuning().method() instanceof Full;
            storage.put(w.name(), whole ? copies(count) : stored(w, count));
        }
        return Map.of("methods", methods, "storage_bytes", storage, "results", count);
    }
}
