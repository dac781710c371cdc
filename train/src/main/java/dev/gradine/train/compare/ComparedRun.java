package dev.gradine.train.compare;

import dev.gradine.train.MetricsLog;
import dev.gradine.train.report.Report;
import dev.gradine.train.report.RunInfo;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// One of the runs.
///
/// @param name of its folder
/// @param info what `run.json` says
/// @param losses training loss at the beginning and at the end; empty before the first step
/// @param log lines of its metrics; may be left empty where no curve is drawn
public record ComparedRun(String name, RunInfo info, List<Double> losses, List<Map<String, Object>> log) {

    static ComparedRun read(Path folder) {
        List<Map<String, Object>> log = MetricsLog.ofRun(folder);
        String name = String.valueOf(folder.toAbsolutePath().normalize().getFileName());
        return new ComparedRun(name, RunInfo.read(folder), Report.losses(log), log);
    }

    /// The same under another name.
    ComparedRun named(String other) {
        return new ComparedRun(other, info, losses, log);
    }

    /// Values of a metric by step, where it was logged.
    TreeMap<Long, Double> curve(String metric) {
        TreeMap<Long, Double> points = new TreeMap<>();
        for (Map<String, Object> line : log) {
            if (line.get("step") instanceof Number step && line.get(metric) instanceof Number n) {
                points.put(step.longValue(), n.doubleValue());
            }
        }
        return points;
    }
}
