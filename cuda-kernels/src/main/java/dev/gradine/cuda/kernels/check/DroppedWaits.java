package dev.gradine.cuda.kernels.check;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.kernels.PtxFiles;
import dev.gradine.cuda.sim.Options;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.cuda.sim.ptx.PtxModule;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.Kernels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Leaves out one wait of a kernel at a time - a barrier, a fence, a wait for copies or products - and runs its cases
/// on the simulator. A wait that no case misses is one too many, or a case is missing.
public final class DroppedWaits {

    private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+([\\w$]+)");
    private static final Pattern SOURCE = Pattern.compile("\\.file\\s+(\\d+)\\s+\"([^\"]+)\"");
    private static final Pattern LINE = Pattern.compile("\\.loc\\s+(\\d+)\\s+(\\d+)");
    private static final Pattern WAIT =
            Pattern.compile("(?:@!?%p\\d+\\s+)?\\b(?:bar\\.sync|bar\\.warp\\.sync|barrier\\.sync"
                    + "|cp\\.async\\.(?:bulk\\.)?wait_|wgmma\\.fence|wgmma\\.wait_group|fence\\.proxy)[^;]*;");
    private static final Pattern TRY = Pattern.compile("\\bmbarrier\\.try_wait\\S*\\s+(\\w+),[^;]*;");
    private static final String NO_TRY = "setp.eq.u32 $1, 0, 0;"; // as if it were over

    /// A kernel without one of its waits.
    ///
    /// @param entry name of the kernel
    /// @param instruction that was left out
    /// @param place of it, in the PTX and in its source
    /// @param caught what the first case said that missed it; empty if none did
    public record Dropped(String entry, String instruction, String place, String caught) {

        @Override
        public String toString() {
            return "%s: %s, %s: %s"
                    .formatted(entry, instruction, place, caught.isEmpty() ? "MISSED BY NO CASE" : caught);
        }
    }

    private record Mutant(String entry, String instruction, String place, PtxModule module) {}

    private final Options options;
    private final Kernels cpu;
    private final Map<String, List<KernelCase>> casesByEntry = new HashMap<>();
    private final Map<KernelCase, List<float[]>> expected = new HashMap<>();

    /// Runs every case once, to see which kernels it launches.
    ///
    /// @param options of the simulator; with capability 90, kernels for Hopper are chosen where there are any
    public DroppedWaits(List<KernelCase> cases, Options options, Kernels cpu) {
        this.options = options;
        this.cpu = cpu;
        WatchedGpu.Launches launches = new WatchedGpu.Launches();
        for (KernelCase c : cases) {
            try (Kernels device = device(new Simulator(options), launches)) {
                c.outputs(device);
            }
            launches.take().values().forEach(names -> {
                for (String name : names)
                    casesByEntry.computeIfAbsent(name, _ -> new ArrayList<>()).add(c);
            });
        }
    }

    private static Kernels device(Simulator gpu, Consumer<Kernel> launched) {
        Gpu watched = new WatchedGpu(gpu, true, launched);
        return CudaKernels.open(watched);
    }

    /// Leaves out each wait of the kernels of a file that have cases here.
    ///
    /// @param stem of the `.ptx` file
    public void run(String stem, Consumer<Dropped> report) {
        String[] lines = PtxFiles.text(stem).split("\n", -1);
        Map<String, String> sources = new HashMap<>();
        Matcher file = SOURCE.matcher(PtxFiles.text(stem));
        while (file.find()) sources.put(file.group(1), file.group(2));
        String entry = "";
        String source = "";
        for (int i = 0; i < lines.length; i++) {
            Matcher m = ENTRY.matcher(lines[i]);
            if (m.find()) entry = m.group(1);
            m = LINE.matcher(lines[i]);
            if (m.find()) source = sources.get(m.group(1)) + ":" + m.group(2);
            if (!casesByEntry.containsKey(entry)) continue;
            String line = lines[i];
            for (Pattern wait : List.of(WAIT, TRY)) {
                m = wait.matcher(line);
                if (!m.find()) continue;
                lines[i] = m.replaceFirst(wait.equals(TRY) ? NO_TRY : "");
                PtxModule module = PtxModule.parse(stem + ".ptx", String.join("\n", lines));
                String place = "PTX line %d (%s)".formatted(i + 1, source);
                report.accept(
                        dropped(stem, new Mutant(entry, m.group().strip().replaceAll("\\s+", " "), place, module)));
                lines[i] = line;
            }
        }
    }

    private Dropped dropped(String stem, Mutant mutant) {
        String caught = "";
        for (KernelCase c : casesByEntry.getOrDefault(mutant.entry, List.of())) {
            caught = caught(stem, mutant, c);
            if (!caught.isEmpty()) break;
        }
        return new Dropped(mutant.entry, mutant.instruction, mutant.place, caught);
    }

    private String caught(String stem, Mutant mutant, KernelCase c) {
        Simulator gpu = new Simulator(options, s -> s.equals(stem) ? mutant.module : Simulator.shipped(s));
        try (Kernels device = device(gpu, _ -> {})) {
            double error = c.error(c.outputs(device), expected.computeIfAbsent(c, x -> x.expected(cpu)));
            return error <= 1 ? "" : "%.3g of what is allowed".formatted(error);
        } catch (IllegalStateException | IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
