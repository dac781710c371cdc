package dev.gradine.cuda.kernels.check;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Options;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.tensor.Kernels;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// Measures how many thread-instructions per second the simulator executes, over all cases of all kernels; the first
/// round warms up, the second counts. A program, not a test: times belong to the machine.
public final class SimulatorSpeed {

    private record Line(String name, long threadInstructions, double seconds) {

        double rate() {
            return threadInstructions / seconds / 1e6;
        }
    }

    private SimulatorSpeed() {}

    /// Prints the slowest cases and the sum.
    ///
    /// @param args `unwatched` to leave out the search for races and reads of what nobody wrote
    public static void main(String[] args) {
        Options options = args.length > 0 ? Options.defaults().unwatched() : Options.defaults();
        round(options);
        List<Line> lines = round(options);
        lines.sort(Comparator.comparingDouble(Line::seconds).reversed());
        for (Line l : lines.subList(0, Math.min(25, lines.size()))) print(l);
        long all = lines.stream().mapToLong(Line::threadInstructions).sum();
        print(new Line(
                "all " + lines.size() + " cases",
                all,
                lines.stream().mapToDouble(Line::seconds).sum()));
    }

    private static List<Line> round(Options options) {
        List<Line> lines = new ArrayList<>();
        try (Simulator gpu = new Simulator(options);
                Kernels device = CudaKernels.open(gpu)) {
            for (KernelCase c : KernelCases.all()) {
                long before = executed(gpu);
                long start = System.nanoTime();
                c.outputs(device);
                lines.add(new Line(c.toString(), executed(gpu) - before, (System.nanoTime() - start) * 1e-9));
            }
        }
        return lines;
    }

    private static long executed(Simulator gpu) {
        return gpu.counters().values().stream()
                .mapToLong(c -> c.work().threadInstructions())
                .sum();
    }

    private static void print(Line l) {
        System.out.printf(
                Locale.ROOT,
                "%-60s %,14d thread-instructions %7.3f s %8.1f M/s%n",
                l.name(),
                l.threadInstructions(),
                l.seconds(),
                l.rate());
    }
}
