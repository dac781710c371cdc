package dev.gradine.cli;

import dev.gradine.bench.Choice;
import dev.gradine.bench.GemmRows;
import dev.gradine.bench.KernelRows;
import dev.gradine.bench.Measured;
import dev.gradine.bench.ModelRows;
import dev.gradine.bench.Peer;
import dev.gradine.bench.ResultFile;
import dev.gradine.bench.Session;
import dev.gradine.bench.StepRows;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.train.MachineInfo;
import dev.gradine.train.PeakMemory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine bench`: how fast this machine is at what the project does.
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measure the parts of a training step and, with a model, whole steps, prefill and decoding.")
final class BenchCommand implements Runnable {

    @Option(names = "--model", paramLabel = "DIR|FILE", description = "Measure whole steps of this model, too.")
    private List<Path> model = new ArrayList<>();

    @Option(
            names = "--peer",
            description = "Measure libtorch beside us, in turns, in the same process; the launcher downloads it.")
    private boolean peer;

    @Option(
            names = "--only",
            paramLabel = "REGEX",
            description = "Measure only works in whose names this is found, such as gemm or \"dpo|sft\".")
    private String only = "";

    @Option(
            names = "--seconds",
            paramLabel = "X",
            description = "Measure each work for so long, on each side (default: 1, whole training steps 8).")
    private double seconds;

    @Option(names = "--profile", description = "Say by kernel where the time of the training steps goes.")
    private boolean profile;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Append the figures to this file, a JSON line a run (default: in a checkout, a file of the"
                    + " day and the machine in jmh/results).")
    private List<Path> out = new ArrayList<>();

    private static final String ABOVE_PEAK = "a share above 100 %: other programs took time from the measurement of the"
            + " peak, so all shares are too high; measure again when the machine is quiet";

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    private final List<Measured> rows = new ArrayList<>();

    @Override
    public void run() {
        Choice choice = new Choice(wanted(), seconds);
        List<Peer> peers = peer ? List.of(installed()) : List.of();
        PrintWriter print = spec.commandLine().getOut();
        String name = peers.isEmpty() ? "" : peers.getFirst().name();
        ResultFile results;
        try (Kernels run = CpuKernels.open()) {
            results = new ResultFile(MachineInfo.cpu(), run.vectorBits(), CpuKernels.threads(), name);
            print.printf("%s, %s%s%n", MachineInfo.cpu(), run.name(), name.isEmpty() ? "" : ", beside " + name);
            print.println(Measured.head(name.isEmpty() ? "" : "peer"));
            Session session = new Session(run, peers, choice, row -> show(print, row));
            GemmRows.run(session);
            session.onOneThread(GemmRows::run);
            StepRows.run(session);
            KernelRows.run(run, choice, row -> show(print, row));
        }
        for (Path m : model) {
            try (LoadedModel loaded = new LoadedModel(m)) {
                var steps = new ModelRows(loaded.model(), loaded.run(), choice, row -> show(print, row));
                if (profile) steps.run(print::println);
                else steps.run();
            }
        }
        if (rows.isEmpty()) throw new IllegalArgumentException("--only: \"%s\" is found in no work".formatted(only));
        if (rows.stream().anyMatch(r -> r.percentOfPeak() > 100)) print.println(ABOVE_PEAK);
        double peak = PeakMemory.now().mb();
        print.printf("%-46s %10.0f %10s %s%n", "peak memory of all of the above", peak, "", "MB");
        for (Path file : out.isEmpty() ? ResultFile.ofCheckout(results) : out) {
            results.append(file, rows, peak);
            print.println("appended to " + file);
        }
        print.flush();
    }

    private Predicate<String> wanted() {
        try {
            return Pattern.compile(only).asPredicate();
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "--only: \"%s\", expected a regular expression (%s)".formatted(only, e.getDescription()), e);
        }
    }

    private static Peer installed() {
        try {
            return ServiceLoader.load(Peer.class)
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "--peer: no peer on the class path, expected one as ./gradine bench --peer puts it there"));
        } catch (ServiceConfigurationError e) { // its native libraries do not fit this system
            throw new UncheckedIOException("--peer: cannot be loaded: " + e.getCause(), new IOException(e));
        }
    }

    private void show(PrintWriter print, Measured row) {
        rows.add(row);
        print.println(row.line());
        print.flush();
    }
}
