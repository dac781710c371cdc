package dev.gradine.lab.adapters;

import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Stories;
import dev.gradine.lab.base.Training;
import dev.gradine.nn.Linear;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Dora;
import dev.gradine.peft.Full;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Merge;
import dev.gradine.peft.Method;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Whether rows of a weight that turn more also change their length more: LoRA couples the two, DoRA and full
/// fine-tuning less.
///
/// ```
/// ΔM = mean_n | ‖w′_n‖ − ‖w_n‖ |         ΔD = mean_n (1 − cos(w′_n, w_n))         over the rows of one weight
/// ```
///
/// Their correlation is that over the query and value weights of all layers at four moments of training.
public record DoraDirections() implements Experiment {

    private static final String CORRELATION = "correlation of ΔM with ΔD";
    private static final int MOMENTS = 4;

    @Override
    public About about() {
        return new About(
                "directions",
                "In LoRA change of magnitude and of direction go together; in DoRA and full fine-tuning less so.",
                "Liu et al. 2024 (arXiv:2402.09353), sections 3.2 and 4 and figure 2: 0.83 for LoRA, -0.31 for"
                        + " DoRA, -0.62 for full fine-tuning",
                "Story model, endings of stories, rank 4 and alpha 8 on query and value layers, 60 steps of 8: adapters"
                        + " at 5e-3, whole weights of the same layers at 1e-3.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.falling(CORRELATION, "lora", "dora"), Expectation.falling(CORRELATION, "lora", "full"));
    }

    private static SequencedMap<String, Method> methods() {
        SequencedMap<String, Method> all = new LinkedHashMap<>();
        all.put("full", Full.defaults());
        all.put("lora", Lora.of(4, 8));
        all.put("dora", new Dora(Lora.of(4, 8)));
        return all;
    }

    /// Of one weight at one moment.
    ///
    /// @param magnitude ΔM
    /// @param direction ΔD
    private record Change(double magnitude, double direction) {}

    @Override
    public Table measure(Trial trial) {
        Table table = new Table("method");
        try (Stories stories = Stories.open(trial)) {
            int steps = trial.of(60, MOMENTS);
            Training training = new Training(stories.endings(), 8, steps, 5e-3, trial.seed());
            methods().forEach((name, method) -> {
                AdapterSet adapted = stories.adapted(method, Selection.of("q_proj,v_proj"), trial.random(0));
                List<Change> changes = new ArrayList<>();
                training.with(steps, method instanceof Full ? 1e-3 : 5e-3)
                        .of(stories.model(), adapted, trial.run(), step -> {
                            if (step % (steps / MOMENTS) == 0) changes.addAll(changes(adapted, trial.run()));
                        });
                table.put(name, CORRELATION, correlation(changes));
                table.put(
                        name,
                        "ΔM, mean",
                        changes.stream()
                                .mapToDouble(Change::magnitude)
                                .average()
                                .orElseThrow());
                table.put(
                        name,
                        "ΔD, mean",
                        changes.stream()
                                .mapToDouble(Change::direction)
                                .average()
                                .orElseThrow());
            });
        }
        return table;
    }

    private static List<Change> changes(AdapterSet adapted, Kernels run) {
        List<Change> all = new ArrayList<>();
        for (Linear l : adapted.model().linears()) {
            if (!Merge.changes(adapted, l.weight())) continue;
            try (Kernels k = run.openStep()) {
                Tensor now = Merge.merged(adapted, l.weight(), k);
                all.add(change(k.download(l.weight().param().value()), k.download(now), l.in()));
            }
        }
        return all;
    }

    private static Change change(float[] before, float[] now, int width) {
        double magnitude = 0;
        double direction = 0;
        int rows = before.length / width;
        for (int r = 0; r < rows; r++) {
            double a = 0;
            double b = 0;
            double both = 0;
            for (int i = r * width; i < (r + 1) * width; i++) {
                a += (double) before[i] * before[i];
                b += (double) now[i] * now[i];
                both += (double) before[i] * now[i];
            }
            magnitude += Math.abs(Math.sqrt(b) - Math.sqrt(a)) / rows;
            direction += (1 - both / Math.sqrt(a * b)) / rows;
        }
        return new Change(magnitude, direction);
    }

    /// Pearson's.
    private static double correlation(List<Change> all) {
        double m = all.stream().mapToDouble(Change::magnitude).average().orElseThrow();
        double d = all.stream().mapToDouble(Change::direction).average().orElseThrow();
        double mm = 0;
        double dd = 0;
        double md = 0;
        for (Change c : all) {
            mm += (c.magnitude - m) * (c.magnitude - m);
            dd += (c.direction - d) * (c.direction - d);
            md += (c.magnitude - m) * (c.direction - d);
        }
        return md / Math.sqrt(mm * dd);
    }
}
