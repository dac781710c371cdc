package dev.gradine.eval;

import dev.gradine.eval.metric.Aggregate;
import dev.gradine.eval.metric.Graded;
import dev.gradine.eval.metric.MetricInfo;
import dev.gradine.eval.metric.Point;
import dev.gradine.eval.model.Response.Likelihood;
import java.util.ArrayList;
import java.util.List;

/// What became of a number between two evaluations of the same items.
///
/// Both were asked the same, so the error of the change is that of the differences, item by item: often far smaller
/// than the errors of the two numbers.
///
/// @param task asked
/// @param metric of the task; `loss` of a text, nats per token
/// @param items asked
/// @param before the number of the first
/// @param after the number of the second
/// @param change after less before
public record Change(String task, String metric, int items, Estimate before, Estimate after, Estimate change) {

    /// Of each metric that has an error; of whole texts, of their loss.
    ///
    /// @throws IllegalArgumentException if the two have other items
    public static List<Change> of(TaskResult before, TaskResult after) {
        int n = before.samples().size();
        String name = before.task().name();
        if (!name.equals(after.task().name()) || n != after.samples().size()) {
            throw new IllegalArgumentException("change: %s of %d items, expected %s of %d"
                    .formatted(after.task().name(), after.samples().size(), name, n));
        }
        if (n == 0) return List.of();
        List<Change> all = new ArrayList<>();
        if (losses(before).size() == n) all.add(of(name, "loss", losses(before), losses(after)));
        List<Graded> graded = before.samples().getFirst().graded();
        for (MetricInfo m : before.task().question().metrics()) {
            if (m.aggregate() != Aggregate.MEAN) continue;
            for (int f = 0; f < graded.size(); f++) {
                String filter = graded.get(f).filter();
                String shown = filter.equals("none") ? m.name() : m.name() + "," + filter;
                all.add(of(name, shown, points(before, m, f), points(after, m, f)));
            }
        }
        return all;
    }

    private static Change of(String task, String metric, List<Point> before, List<Point> after) {
        List<Point> differences = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            Point a = before.get(i);
            differences.add(new Point(after.get(i).value() - a.value(), a.weight()));
        }
        int n = before.size();
        return new Change(task, metric, n, Estimate.of(before), Estimate.of(after), Estimate.of(differences));
    }

    private static List<Point> points(TaskResult r, MetricInfo m, int filter) {
        List<Point> all = new ArrayList<>();
        for (Sample s : r.samples()) {
            Point p = s.graded().get(filter).points().get(m.name());
            if (p == null)
                throw new IllegalStateException(
                        "change: no " + m.name() + " of item " + s.doc().id());
            all.add(p);
        }
        return all;
    }

    /// The loss of each whole text, nats, with its tokens; none for tasks of another kind.
    private static List<Point> losses(TaskResult r) {
        List<Point> all = new ArrayList<>();
        if (!r.task().question().outputType().equals("loglikelihood_rolling")) return all;
        for (Sample s : r.samples()) {
            if (s.responses().getFirst() instanceof Likelihood l) all.add(new Point(-l.logProb(), l.tokens()));
        }
        return all;
    }
}
