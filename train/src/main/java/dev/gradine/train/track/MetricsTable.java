package dev.gradine.train.track;

import dev.gradine.io.AtomicFiles;
import dev.gradine.train.MetricsLog;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.stream.Collectors;

/// `metrics.csv`: the whole log as a table, a row a line of it, written when the run ends.
///
/// ```
/// step,loss,grad_norm,…,eval_loss
/// 20,2.31,0.84,…,
/// 20,,,…,2.28
/// ```
final class MetricsTable implements Tracker {

    /// Name of the file in a run's folder.
    static final String FILE = "metrics.csv";

    private final Path folder;

    MetricsTable(Path folder) {
        this.folder = folder;
    }

    @Override
    public void write(long step, Map<String, ? extends Number> metrics) {
        // the log has it
    }

    @Override
    public void end(Status status) {
        List<Map<String, Object>> rows = MetricsLog.ofRun(folder);
        SequencedSet<String> columns = new LinkedHashSet<>();
        rows.forEach(row -> columns.addAll(row.keySet()));
        StringBuilder text = new StringBuilder(line(columns.stream().toList()));
        for (Map<String, Object> row : rows) {
            text.append(line(columns.stream()
                    .map(c -> String.valueOf(row.getOrDefault(c, "")))
                    .toList()));
        }
        AtomicFiles.writeText(folder.resolve(FILE), text.toString());
    }

    /// RFC 4180, section 2.
    private static String line(List<String> values) {
        return values.stream()
                .map(v -> v.matches("[^\",\r\n]*") ? v : '"' + v.replace("\"", "\"\"") + '"')
                .collect(Collectors.joining(",", "", "\n"));
    }
}
