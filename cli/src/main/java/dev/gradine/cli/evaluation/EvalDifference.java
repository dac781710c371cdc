package dev.gradine.cli.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// How two evaluations differ on the items that both have asked.
///
/// ```
/// d = score in b − score in a, for each item        mean d, standard error sd(d) / √n
/// ```
///
/// The same items were asked twice, so the error of the difference is that of d: often far smaller than
/// the errors of the two numbers suggest.
///
/// @param metric compared
/// @param n items that both have
/// @param mean of d
/// @param error of the mean; NaN for one item
/// @param better items on which b has more
/// @param worse items on which b has less
record EvalDifference(String metric, int n, double mean, double error, int better, int worse) {

    /// Of every metric that is one number an item.
    static List<EvalDifference> of(EvalRun a, EvalRun b) {
        List<String> metrics = a.items().values().stream()
                .flatMap(i -> i.scores().keySet().stream().map(m -> group(i.key()) + " " + m))
                .distinct()
                .toList();
        List<EvalDifference> all = new ArrayList<>();
        for (String metric : metrics) {
            List<Double> d = new ArrayList<>();
            for (EvalItem item : a.items().values()) {
                EvalItem other = b.items().get(item.key());
                String name = metric.substring(metric.lastIndexOf(' ') + 1);
                if (other == null || !metric.startsWith(group(item.key()) + " ")) continue;
                Double before = item.scores().get(name);
                Double after = other.scores().get(name);
                if (before != null && after != null) d.add(after - before);
            }
            if (!d.isEmpty()) all.add(of(metric, d));
        }
        return all;
    }

    /// Task and filter of an item's key: what a number of the results is over.
    private static String group(String key) {
        return key.replaceFirst(" #\\d+", "");
    }

    private static EvalDifference of(String metric, List<Double> d) {
        double mean = d.stream().mapToDouble(Double::doubleValue).sum() / d.size();
        double squares = d.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum();
        double error = Math.sqrt(squares / (d.size() - 1)) / Math.sqrt(d.size());
        int better = (int) d.stream().filter(x -> x > 0).count();
        int worse = (int) d.stream().filter(x -> x < 0).count();
        return new EvalDifference(metric, d.size(), mean, error, better, worse);
    }

    /// As a line.
    String line() {
        return String.format(
                Locale.ROOT,
                "%s: %+.4f ± %.4f on %d items, more on %d, less on %d",
                metric,
                mean,
                error,
                n,
                better,
                worse);
    }
}
