package dev.gradine.train.track;

import dev.gradine.settings.Option;
import dev.gradine.train.live.Dashboard;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Which trackers a run has.
///
/// @param tensorboard whether there is an event file in the run's folder
/// @param csv whether the metrics are a table, too, when the run ends
/// @param mlflow address of an MLflow server; null for none
/// @param mlflowExperiment experiment that the run is one of; null for that of the program's name
/// @param runName name of the run there; null for the name of its folder
/// @param dashboard port of the live page; 0 for any that is free, null for no page
public record Trackers(
        @Option(says = "Write the metrics as an event file of TensorBoard, too.", free = true)
        boolean tensorboard,

        @Option(says = "Write the metrics as a table, metrics.csv, too, when the run ends.", free = true)
        boolean csv,

        @Option(
                says = "Send the metrics to an MLflow server, too; the run does not wait for it.",
                label = "URI",
                free = true)
        @Nullable
        String mlflow,

        @Option(says = "Experiment of the run there.", label = "NAME", otherwise = "gradine", free = true) @Nullable
        String mlflowExperiment,

        @Option(says = "Name of the run there.", label = "NAME", otherwise = "that of its folder", free = true)
        @Nullable
        String runName,

        @Option(
                says = "Show the run on a live page for browsers on this machine, at this port or any that is free;"
                        + " norms of the gradient by layer and a log are then written, too.",
                label = "PORT",
                otherwise = "no page",
                bare = "0",
                least = 0,
                below = 65536,
                free = true)
        @Nullable
        Integer dashboard) {

    private static final String USUAL_EXPERIMENT = "gradine";

    /// @throws IllegalArgumentException if the address is none, or an option has nothing to act on
    public Trackers {
        if (mlflow == null && (mlflowExperiment != null || runName != null)) {
            String name = mlflowExperiment != null ? "--mlflow-experiment" : "--run-name";
            throw new IllegalArgumentException(name + " does nothing without --mlflow");
        }
        if (mlflow != null) address(mlflow);
    }

    /// None.
    public static Trackers defaults() {
        return new Trackers(false, false, null, null, null, null);
    }

    private static URI address(String text) {
        boolean isHttp = text.matches("https?://[^/\\s]+.*");
        if (!isHttp) throw new IllegalArgumentException("--mlflow: \"%s\", expected http://HOST:PORT".formatted(text));
        return URI.create(text.replaceFirst("/+$", ""));
    }

    /// Fails unless the port of the live page is free; to be called before anything slow happens.
    ///
    /// @throws IllegalArgumentException says what to do
    public void requirePort() {
        if (dashboard != null) Dashboard.requireFree(dashboard);
    }

    /// Whether somebody may look at each layer.
    public boolean showsLayers() {
        return dashboard != null;
    }

    /// The trackers of a run.
    ///
    /// @param out the run's folder
    /// @param from steps taken before; above 0 in a run that goes on
    /// @param settings of the run, by name
    /// @param told takes lines for the user
    public List<Tracker> open(Path out, int from, Map<String, Object> settings, Consumer<String> told) {
        List<Tracker> all = new ArrayList<>();
        if (tensorboard) all.add(new EventFile(out, from, told));
        if (csv) all.add(new MetricsTable(out));
        if (mlflow != null) {
            String experiment = mlflowExperiment == null ? USUAL_EXPERIMENT : mlflowExperiment;
            Path folder = out.toAbsolutePath().getFileName();
            String name = runName != null ? runName : folder == null ? "run" : folder.toString();
            var names = new MlflowRun.Names(experiment, name);
            all.add(new MlflowRun(new MlflowApi(address(mlflow)), names, out, settings, told));
        }
        if (dashboard != null) all.add(new Dashboard(dashboard, out, told));
        return all;
    }
}
