package dev.gradine.lab;

import dev.gradine.lab.adapters.AdaLoraRanks;
import dev.gradine.lab.adapters.DoraDirections;
import dev.gradine.lab.adapters.DoraGap;
import dev.gradine.lab.adapters.Forgetting;
import dev.gradine.lab.adapters.LongContext;
import dev.gradine.lab.adapters.PissaSpeed;
import dev.gradine.lab.adapters.QuantisationError;
import dev.gradine.lab.adapters.QuantisedStart;
import dev.gradine.lab.adapters.RsLoraNorm;
import dev.gradine.lab.adapters.TenTasks;
import dev.gradine.lab.alignment.AlignmentTax;
import dev.gradine.lab.alignment.DpoFrontier;
import dev.gradine.lab.alignment.FlippedPreferences;
import dev.gradine.lab.alignment.KtoImbalance;
import dev.gradine.lab.alignment.OrpoCompute;
import dev.gradine.lab.alignment.Replay;
import dev.gradine.lab.alignment.SimpoLength;
import dev.gradine.lab.alignment.TooSafe;
import dev.gradine.lab.base.StoryFiles;
import dev.gradine.tensor.Kernels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// All experiments, and how one is run. A new experiment is one file, and one line here.
public final class Lab {

    /// Seeds of every experiment.
    public static final List<Long> SEEDS = List.of(1L, 2L, 3L);

    private final Supplier<Kernels> device;
    private final Path stories;

    /// @param device opens the lifetime of a trial
    /// @param folder for the story model; absent or empty
    public Lab(Supplier<Kernels> device, Path folder) {
        this.device = device;
        this.stories = folder;
        StoryFiles.copyTo(folder);
    }

    /// Every experiment there is, in the order they are listed.
    public static List<Experiment> all() {
        return List.of(
                new RsLoraNorm(),
                new PissaSpeed(),
                new DoraGap(),
                new DoraDirections(),
                new QuantisationError(),
                new QuantisedStart(),
                new AdaLoraRanks(),
                new TenTasks(),
                new Forgetting(),
                new LongContext(),
                new DpoFrontier(),
                new KtoImbalance(),
                new SimpoLength(),
                new OrpoCompute(),
                new FlippedPreferences(),
                new TooSafe(),
                new Replay(),
                new AlignmentTax());
    }

    /// The experiment of that name.
    ///
    /// @throws IllegalArgumentException lists the names there are
    public static Experiment named(String name) {
        for (Experiment e : all()) if (e.about().name().equals(name)) return e;
        String names = all().stream().map(e -> e.about().name()).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("lab: \"%s\", expected one of %s".formatted(name, names));
    }

    /// Runs an experiment with each seed.
    ///
    /// @param isQuick whether it is only to be seen to run
    public Result run(Experiment experiment, List<Long> seeds, boolean isQuick) {
        long start = System.nanoTime();
        List<Table> tables = new ArrayList<>();
        for (long seed : seeds) {
            try (Kernels run = device.get()) {
                tables.add(experiment.measure(new Trial(seed, isQuick, run, stories)));
            }
        }
        double seconds = (System.nanoTime() - start) * 1e-9;
        return new Result(experiment.about(), experiment.expected(), seeds, tables, seconds);
    }
}
