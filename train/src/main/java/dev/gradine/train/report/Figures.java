package dev.gradine.train.report;

import dev.gradine.optim.Metric;
import java.util.ArrayList;
import java.util.List;

/// The key figures at the head of the page: only those the run has.
final class Figures {

    /// One figure.
    ///
    /// @param name what it is
    /// @param value in print
    /// @param note how it was taken
    record Figure(String name, String value, String note) {}

    private final RunInfo run;
    private final Series series;
    private final List<Figure> figures = new ArrayList<>();

    private Figures(RunInfo run, Series series) {
        this.run = run;
        this.series = series;
    }

    static List<Figure> of(RunInfo run, Series series) {
        Figures f = new Figures(run, series);
        f.losses();
        run.objective().metrics().stream()
                .filter(m -> m.hasDirection() && !m.name().equals("loss"))
                .forEach(f::metric);
        f.work();
        f.cost();
        return List.copyOf(f.figures);
    }

    static String html(List<Figure> figures) {
        StringBuilder html = new StringBuilder();
        for (Figure f : figures) {
            String value = Html.text(f.value()).replace("→", "<i>→</i>");
            html.append("<div><dt>")
                    .append(Html.text(f.name()))
                    .append("</dt><dd><b>")
                    .append(value);
            html.append("</b><small>").append(Html.text(f.note())).append("</small></dd></div>\n");
        }
        return html.toString();
    }

    private void losses() {
        if (series.has("loss")) {
            String value = arrow(Numbers.number(series.startMean("loss")), Numbers.number(series.endMean("loss")));
            add("Training loss", value, ends("loss"));
        }
        if (!has("eval_loss")) return;
        double before = before("eval_loss");
        double after = after("eval_loss");
        boolean tokens = run.objective().metrics().stream() // only then is exp(loss) a perplexity
                .anyMatch(m -> m.name().equals("loss") && m.unit().equals("nats per token"));
        String perplexity = "perplexity " + arrow(Numbers.number(Math.exp(before)), Numbers.number(Math.exp(after)));
        add(
                "Evaluation loss",
                arrow(Numbers.number(before), Numbers.number(after)),
                tokens ? perplexity : "held-out rows");
    }

    private void metric(Metric m) {
        String eval = "eval_" + m.name();
        if (has(eval)) {
            add(m.title(), arrow(print(m, before(eval)), print(m, after(eval))), "evaluation");
        } else if (series.has(m.name())) {
            String value = arrow(print(m, series.startMean(m.name())), print(m, series.endMean(m.name())));
            add(m.title(), value, ends(m.name()));
        }
    }

    private static String print(Metric m, double value) {
        return m.unit().equals(Metric.SHARE) ? Numbers.percent(value) : Numbers.number(value);
    }

    private void work() {
        if (run.hasModel() && run.model().parameters() > 0) {
            RunInfo.Model m = run.model();
            String note = Numbers.brief(m.trained()) + " of " + Numbers.brief(m.parameters()) + " parameters";
            add("Trained", Numbers.percent((double) m.trained() / m.parameters()), note);
        }
        if (series.has("num_tokens")) {
            String epochs = series.has("epoch") ? ", " + Numbers.epochs(series.last("epoch")) : "";
            String note = Numbers.count(series.lastStep()) + " steps" + epochs;
            add("Tokens", Numbers.brief(Math.round(series.last("num_tokens"))), note);
        }
    }

    private void cost() {
        if (series.has("tokens_per_second")) {
            add("Speed", Numbers.number(series.median("tokens_per_second")), "tokens per second, median");
        }
        if (run.end().seconds() > 0) add("Time", Numbers.seconds(run.end().seconds()), "from launch to end");
        if (run.hasMemory()) {
            String note = "of " + Numbers.megabytes((double) run.machine().memoryMb()) + ", whole process";
            add("Peak memory", Numbers.megabytes(run.memory().peakMb()), note);
        }
    }

    private String ends(String metric) {
        int n = series.window(metric);
        return n == 1 ? "first and last logged step" : "means of " + n + " logged steps";
    }

    private boolean has(String evalMetric) {
        return series.has(evalMetric)
                || (inOutcome(evalMetric) && run.outcome().evalAfter().containsKey(evalMetric));
    }

    private boolean inOutcome(String metric) {
        return run.outcome().evalBefore().containsKey(metric);
    }

    private double before(String metric) {
        Double value = run.outcome().evalBefore().get(metric);
        return value != null ? value : series.first(metric);
    }

    private double after(String metric) {
        Double value = run.outcome().evalAfter().get(metric);
        return value != null ? value : series.last(metric);
    }

    private void add(String name, String value, String note) {
        figures.add(new Figure(name, value, note));
    }

    private static String arrow(String from, String to) {
        return from + " → " + to;
    }
}
