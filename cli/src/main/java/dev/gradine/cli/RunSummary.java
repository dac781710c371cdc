package dev.gradine.cli;

import dev.gradine.optim.Metric;
import dev.gradine.train.MetricsLog;
import dev.gradine.train.RunResult;
import dev.gradine.train.report.Report;
import dev.gradine.train.report.RunInfo;
import java.io.PrintWriter;
import java.util.List;

/// What came of a run, in a few lines.
final class RunSummary {

    private static final String LINE = "%-26s %s%n";

    private static final int WIDTH = 90;

    private RunSummary() {}

    static void print(RunResult result, PrintWriter print) {
        RunInfo info = result.info();
        List<Double> losses = Report.losses(MetricsLog.ofRun(result.folder()));
        if (!losses.isEmpty()) {
            print.printf(LINE, "training loss", "%.4f → %.4f".formatted(losses.getFirst(), losses.getLast()));
        }
        for (String headline : Metric.headlines(info.objective().metrics())) {
            String name = "eval_" + headline;
            Double before = info.outcome().evalBefore().get(name);
            Double after = info.outcome().evalAfter().get(name);
            if (before != null && after != null) print.printf(LINE, name, "%.4f → %.4f".formatted(before, after));
        }
        RunInfo.Model m = info.model();
        double share = 100.0 * m.trained() / m.parameters();
        print.printf(LINE, "trained", "%,d of %,d parameters (%.2f %%)".formatted(m.trained(), m.parameters(), share));
        print.printf(LINE, "time", "%.0f s".formatted(info.end().seconds()));
        print.printf(LINE, "peak memory", "%.0f MB".formatted(info.memory().peakMb()));
        if (result.bytesSaved() > 0) {
            double mb = result.bytesSaved() / (double) (1 << 20);
            print.printf(LINE, "saved by checkpointing", "%.1f MB of each step".formatted(mb));
        }
        print.printf(LINE, result.finished() ? "adapter" : "interrupted; --resume goes on", result.folder());
        print.printf(LINE, "report", result.folder().resolve(Report.FILE));
        info.outcome().samples().stream().limit(1).forEach(s -> sample(s, print));
    }

    private static void sample(RunInfo.Sample s, PrintWriter print) {
        print.printf(LINE, "sample", line(s.prompt()));
        print.printf(LINE, "  before", line(s.before()));
        print.printf(LINE, "  after", line(s.after()));
    }

    /// The beginning of a text, on one line.
    private static String line(String text) {
        String flat = text.strip().replaceAll("\\s+", " ");
        return flat.codePointCount(0, flat.length()) <= WIDTH
                ? flat
                : flat.substring(0, flat.offsetByCodePoints(0, WIDTH)).strip() + " …";
    }
}
