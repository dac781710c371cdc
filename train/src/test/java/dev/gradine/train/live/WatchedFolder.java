package dev.gradine.train.live;

import dev.gradine.optim.Metric;
import dev.gradine.train.MetricsLog;
import dev.gradine.train.report.RunInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// The folder of a run that never was, written as a run writes its own.
final class WatchedFolder implements AutoCloseable {

    private final Path folder;
    private final RunInfo info;
    private final MetricsLog log;

    WatchedFolder(Path folder, int rank) {
        this.folder = folder;
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var launch = new RunInfo.Launch(List.of("gradine", "sft"), "sft", "1", "2026-11-29T22:00:00Z");
        var machine = new RunInfo.Machine("a processor", 2, 1024, 256, "an os", "25");
        info = RunInfo.begun(launch, machine, Map.of("rank", rank, "steps", 100))
                .with(new RunInfo.Objective("Learning", List.of(Metric.loss("nats per token"))))
                .with(new RunInfo.Model("models/tiny", "safetensors", 10, 1));
        info.write(folder);
        log = MetricsLog.create(folder.resolve(MetricsLog.FILE));
    }

    /// A step with this loss.
    void step(long step, double loss) {
        log.write(step, Map.of("loss", loss, "step_seconds", 0.5, "num_tokens", 10 * step));
    }

    void end() {
        info.with(new RunInfo.End(RunInfo.Status.FINISHED, "", "2026-11-29T22:10:00Z", 600))
                .write(folder);
    }

    Path folder() {
        return folder;
    }

    @Override
    public void close() {
        log.close();
    }
}
