package dev.gradine.cli.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A plan as lines of text, each number with its formula beside it.
public final class PlanText {

    private final List<String> lines = new ArrayList<>();

    private PlanText() {}

    /// A line for each number.
    public static List<String> of(Plan p) {
        PlanText t = new PlanText();
        t.head(p);
        t.items("memory", p.memory());
        t.row("sum", Units.bytes(p.bytes()), "%,.0f MB of 1024² bytes".formatted(p.bytes() / 1024.0 / 1024));
        t.lines.add(
                p.request().hardware().isCpu()
                        ? "(of the process on the CPU, f32; what the JVM holds is fitted to peaks of SmolLM2-135M)"
                        : "(on a GPU, activations in bf16, all else trained in f32; by formula, not measured)");
        t.items("disk", p.disk());
        t.work(p);
        t.lines.add("");
        t.lines.add("fits into");
        for (Fit f : p.fits()) t.lines.add("  %-14s %s".formatted(f.gigabytes() + " GB", f.advice()));
        return t.lines;
    }

    private void head(Plan p) {
        var shape = p.request().shape();
        lines.add("%s, %s: %,d of %,d values trained (%.3f %%)"
                .formatted(
                        p.request().model().name(),
                        p.request().tuning().method().name(),
                        p.trained(),
                        p.request().model().parameters(),
                        100.0 * p.trained() / p.request().model().parameters()));
        lines.add("a step: %d sequences of %,d tokens%s"
                .formatted(
                        shape.batch(),
                        shape.length(),
                        shape.checkpointing() ? ", blocks computed again for the gradient" : ""));
    }

    private void items(String heading, List<MemoryItem> items) {
        lines.add("");
        lines.add(heading);
        for (MemoryItem i : items) row(i.name(), Units.bytes(i.bytes()), i.formula());
    }

    private void row(String name, String value, String formula) {
        lines.add("  %-14s %10s   %s".formatted(name, value, formula));
    }

    private void work(Plan p) {
        WorkPlan w = p.work();
        Hardware h = p.request().hardware();
        lines.add("");
        lines.add("time on %s".formatted(h.name()));
        row("operations", String.format(Locale.ROOT, "%.3g", w.flops()), w.formula());
        row(
                "step",
                Units.time(w.stepSeconds()),
                "the longer of operations / %.3g a second and weights read / %.3g bytes a second: %s"
                        .formatted(h.flops(), h.bandwidth(), w.bound()));
        row("speed", "%,.0f".formatted(w.tokensPerSecond()), "tokens per second");
        row(
                "run",
                Units.time(w.runSeconds()),
                "%,d steps".formatted(p.request().shape().steps()));
        String cost = "%.2f".formatted(w.cost(p.request().hardware().price()));
        if (h.price() > 0) row("cost", cost, "hours · %.2f".formatted(h.price()));
        else row("cost", "–", "--price says what an hour costs");
    }
}
