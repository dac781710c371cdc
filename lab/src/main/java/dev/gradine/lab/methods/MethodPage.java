package dev.gradine.lab.methods;

import dev.gradine.lab.page.PageHead;
import dev.gradine.lab.page.SourcePapers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The table as a page of Markdown.
///
/// @param plan how it was measured
/// @param rows methods in the order they were measured
/// @param failures what was told of methods that could not be measured
/// @param surroundings what it was measured with: `command`, `model`, `data`, `machine`, `java`, `date`, `load`
public record MethodPage(
        MethodPlan plan, List<MethodRow> rows, List<String> failures, Map<String, String> surroundings) {

    /// Headings and a line for each method, those that learnt most first.
    ///
    /// @param base parameters of the model
    public List<String> table(long base) {
        List<String> lines = new ArrayList<>();
        lines.add("| method | options | trained | share | memory, MB | tokens/s | speed | rate | loss |");
        lines.add("|---|---|---:|---:|---:|---:|---:|---:|---:|");
        rows.stream()
                .sorted(Comparator.comparingDouble(r -> r.learnt().after()))
                .map(r -> line(r, base))
                .forEach(lines::add);
        return lines;
    }

    private static String line(MethodRow r, long base) {
        String options = r.options().isEmpty() ? "" : "`" + r.options() + "`";
        MethodRow.Cost c = r.cost();
        return String.format(
                Locale.ROOT,
                "| %s | %s | %,d | %.3f %% | %.0f | %.0f | %.2f | %s | %.4f |",
                r.name(),
                options,
                c.trained(),
                100.0 * c.trained() / base,
                c.peakMb(),
                c.tokensPerSecond(),
                c.ofLora(),
                PageHead.rate(r.learnt().lr()),
                r.learnt().after());
    }

    /// The whole page.
    ///
    /// @param base parameters of the model
    /// @param papers file and paper of a method
    public String text(long base, SourcePapers papers) {
        double before = rows.isEmpty() ? Double.NaN : rows.getFirst().learnt().before();
        List<String> lines = new ArrayList<>(PageHead.lines("Adapter methods side by side", surroundings));
        lines.add(how(before));
        lines.addAll(table(base));
        lines.addAll(PageHead.failures(failures));
        lines.addAll(List.of("", "## Formulas and papers", "", "| method | formula | paper |", "|---|---|---|"));
        for (String name : MethodPlan.names()) {
            lines.add(papers.row(name, MethodPlan.named(name).getClass()));
        }
        return String.join("\n", lines) + "\n";
    }

    /// @param before held-out loss of the base
    private String how(double before) {
        return """
                Each method was trained in a process of its own, from the same base, on the same rows in the same order,
                with its defaults but for the options named, on the layers its authors adapt, with AdamW at a constant
                rate: %s. The rate shown is the one after which the loss was lowest. *Loss* is that on the rows held
                out, nats per token; the base has %.4f. These are few steps: the table says what a method costs and how
                it begins, not how it ends.

                *Memory* is the most the process held by the end of training, the model's file included. *Tokens/s* is
                by the processor time of the cheapest step, with all cores at work, for other programs ran meanwhile.
                *Speed* is that by LoRA's with its defaults, whose steps were taken in turns with those of the method.
                """.formatted(plan.text(), before);
    }
}
