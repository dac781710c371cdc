package dev.gradine.cli.plan;

import dev.gradine.cli.plan.PlanRequest.StepShape;
import dev.gradine.cli.plan.PlanRequest.Tuning;
import dev.gradine.nn.Quantization;
import dev.gradine.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/// Whether a run fits into a memory, and what to change where it does not.
///
/// @param gigabytes of the memory, in units of 1024³ bytes
/// @param fits whether the run fits as it is
/// @param changes options with which it does; empty where it fits, or where none of these helps
/// @param bytes with the changes; without any that help, the least that was reached
public record Fit(int gigabytes, boolean fits, List<String> changes, long bytes) {

    private static final List<Integer> SIZES = List.of(8, 16, 24, 48, 80);
    private static final int SHORTEST = 512; // tokens

    /// For each usual size.
    public static List<Fit> of(PlanRequest request) {
        return SIZES.stream().map(size -> of(request, size)).toList();
    }

    private static Fit of(PlanRequest request, int gigabytes) {
        long room = (long) gigabytes << 30;
        List<String> changes = new ArrayList<>();
        PlanRequest now = request;
        long bytes = bytes(now);
        boolean fits = bytes <= room;
        for (Change change : fits ? List.<Change>of() : changes(request)) {
            now = change.applied();
            bytes = bytes(now);
            changes.add(change.option());
            if (bytes <= room) return new Fit(gigabytes, false, changes, bytes);
        }
        return new Fit(gigabytes, fits, List.of(), bytes);
    }

    private static long bytes(PlanRequest r) {
        return MemoryPlan.total(MemoryPlan.of(r));
    }

    private record Change(String option, PlanRequest applied) {}

    /// One after the other, each on top of those before: what costs least comes first.
    private static List<Change> changes(PlanRequest request) {
        List<Change> all = new ArrayList<>();
        PlanRequest now = request;
        StepShape s = now.shape();
        if (!s.checkpointing()) {
            now = now.with(new StepShape(s.batch(), s.length(), true, s.steps()));
            all.add(new Change("--gradient-checkpointing", now));
        }
        if (s.batch() > 1) {
            now = now.with(new StepShape(1, s.length(), true, s.steps()));
            all.add(new Change("--batch 1 --accumulate " + s.batch(), now));
        }
        if (now.tuning().quantised().isEmpty() && now.count().copies().isEmpty()) {
            Tuning t = now.tuning();
            var nf4 = List.of(new Quantization(DType.NF4, 64, true, List.of()));
            now = now.with(new Tuning(t.method(), t.where(), nf4, t.stateBytes()));
            all.add(new Change("--quantize nf4 --double-quant", now));
        }
        int length = s.length();
        while (length / 2 >= SHORTEST) {
            length /= 2;
            now = now.with(new StepShape(now.shape().batch(), length, true, s.steps()));
            all.add(new Change("--length " + length, now));
        }
        return all;
    }

    /// The options to change, of a length the last one.
    public String advice() {
        if (fits) return "fits";
        if (changes.isEmpty()) return "does not fit: %s at least".formatted(Units.bytes(bytes));
        List<String> told = new ArrayList<>(changes);
        String last = changes.getLast();
        if (last.startsWith("--length")) told.removeIf(c -> c.startsWith("--length") && !c.equals(last));
        return "with %s: %s".formatted(String.join(" ", told), Units.bytes(bytes));
    }
}
