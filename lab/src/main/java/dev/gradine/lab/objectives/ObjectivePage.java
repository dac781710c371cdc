package dev.gradine.lab.objectives;

import dev.gradine.lab.objectives.ObjectiveRow.Preference;
import dev.gradine.lab.page.PageHead;
import dev.gradine.lab.page.SourcePapers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The table as a page of Markdown.
///
/// @param plan how it was measured
/// @param rows objectives in the order they were measured
/// @param failures what was told of objectives that could not be measured
/// @param surroundings what it was measured with: `command`, `model`, `data`, `machine`, `java`, `date`, `load`
public record ObjectivePage(
        ObjectivePlan plan, List<ObjectiveRow> rows, List<String> failures, Map<String, String> surroundings) {

    /// Headings and a line for each objective.
    public List<String> table() {
        List<String> lines = new ArrayList<>();
        lines.add("| objective | options | rate | accuracy before | after | gained | margin, nats | KL, nats"
                + " | length | text loss | seconds | memory, MB |");
        lines.add("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        rows.stream().map(ObjectivePage::line).forEach(lines::add);
        return lines;
    }

    private static String line(ObjectiveRow r) {
        String options = r.options().isEmpty() ? "" : "`" + r.options() + "`";
        Preference p = r.preference();
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s | %.2f | %.2f | %.2f | %.2f | %.1f | %.0f | %.3f | %.0f | %.0f |",
                r.name(),
                options,
                PageHead.rate(r.cost().lr()),
                p.before(),
                p.after(),
                p.gained(),
                p.margin(),
                r.after().kl(),
                r.after().length(),
                r.after().textLoss(),
                r.cost().seconds(),
                r.cost().peakMb());
    }

    /// The whole page.
    public String text(SourcePapers papers) {
        List<String> lines = new ArrayList<>(PageHead.lines("Objectives side by side", surroundings));
        lines.add(how());
        lines.addAll(table());
        lines.addAll(PageHead.failures(failures));
        lines.addAll(List.of("", "## Formulas and papers", "", "| objective | formula | paper |", "|---|---|---|"));
        for (String name : ObjectivePlan.names()) lines.add(papers.row(name, ObjectivePlan.formula(name)));
        return String.join("\n", lines) + "\n";
    }

    private String how() {
        ObjectiveRow.Speech base = rows.isEmpty()
                ? new ObjectiveRow.Speech(0, 0, 0)
                : rows.getFirst().before();
        return String.format(
                Locale.ROOT,
                """
                Each objective was trained in a process of its own, from the same base, on the same rows, with its
                defaults but for the options named, a LoRA of rank %d on all linear layers, and AdamW at a constant
                rate: %s. A recipe of judged answers has both answers of each pair, as good and as bad; `sft` learns
                the chosen one, and so does the third answer of `tpo`.

                *Accuracy* is the share of held-out pairs whose chosen answer scores higher, by the score that the
                objective itself raises: what an answer gained over the base where there is a reference (before the
                first step all have gained nothing, and each tie counts ½), else its log-probability, a sum or a mean
                over tokens. *Gained* is the share whose chosen answer gained more over the base than the rejected one,
                for every objective, and *margin* by how much, a mean. *KL* is that to the base, a mean over an answer
                sampled to each held-out prompt, at most %d tokens long; *length* counts their tokens, of which the
                base writes %.0f. *Text loss* is that on text that has nothing to do with the rows, nats per token,
                of which the base has %.3f. *Seconds* are those of training, processor time by the number of cores, for
                other programs ran meanwhile; *memory* is the most the process held by then, the model's file included.
                These are few steps at one rate: the table says how an objective begins and what it costs, not which one
                is best.
                """,
                ObjectiveTrial.RANK,
                plan.text(),
                ObjectiveTrial.LONGEST,
                base.length(),
                base.textLoss());
    }
}
