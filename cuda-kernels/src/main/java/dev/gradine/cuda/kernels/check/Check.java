package dev.gradine.cuda.kernels.check;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.kernels.PtxFiles;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Runs cases on a device and says how far each is from the CPU.
public final class Check {

    /// What came of one case.
    ///
    /// @param name of the case
    /// @param error in units of what is allowed: above 1 it is wrong
    /// @param seconds it took
    /// @param fault what the device said, if the kernel did not run through; else empty
    public record Result(String name, double error, double seconds, String fault) {

        /// Whether the kernel did what the CPU does.
        public boolean isRight() {
            return fault.isEmpty() && error <= 1;
        }
    }

    /// Where and when: what the file of verified kernels says beside each.
    ///
    /// @param gpu name of the device
    /// @param driver version of CUDA that its driver speaks
    /// @param date as in `2026-01-31`
    public record Circumstances(String gpu, String driver, String date) {}

    private record Seen(String file, double error, boolean right) {
        Seen and(Seen other) {
            return new Seen(file, Math.max(error, other.error), right && other.right);
        }
    }

    private final SortedMap<String, Seen> entries = new TreeMap<>();

    /// Runs every case with the kernels that every GPU takes; `gpu` is closed in the end.
    public void run(List<KernelCase> cases, Gpu gpu, Kernels cpu, Consumer<Result> report) {
        run(cases, gpu, false, cpu, report);
    }

    /// Runs every case with the kernels for Hopper alone where there is one; `gpu` is closed in the end.
    public void runOnHopper(List<KernelCase> cases, Gpu gpu, Kernels cpu, Consumer<Result> report) {
        run(cases, gpu, true, cpu, report);
    }

    private void run(List<KernelCase> cases, Gpu gpu, boolean hopper, Kernels cpu, Consumer<Result> report) {
        WatchedGpu.Launches launches = new WatchedGpu.Launches();
        try (Kernels device = CudaKernels.open(new WatchedGpu(gpu, hopper, launches))) {
            for (KernelCase c : cases) {
                Result result = run(c, device, cpu);
                note(launches.take(), result);
                report.accept(result);
            }
        }
    }

    private static Result run(KernelCase c, Kernels device, Kernels cpu) {
        long start = System.nanoTime();
        double error = Double.POSITIVE_INFINITY;
        String fault = "";
        try {
            error = c.error(device, cpu);
        } catch (IllegalStateException | IllegalArgumentException e) {
            fault = String.valueOf(e.getMessage());
        }
        return new Result(c.toString(), error, (System.nanoTime() - start) * 1e-9, fault);
    }

    private void note(Map<String, Set<String>> launched, Result result) {
        launched.forEach((file, names) -> {
            for (String name : names) entries.merge(name, new Seen(file, result.error(), result.isRight()), Seen::and);
        });
    }

    /// `before` with the kernels that were right in every case, and without those that were wrong in
    /// one.
    public Verified verified(Verified before, Circumstances at) {
        TreeMap<String, Verified.Entry> all = new TreeMap<>(before.byEntry());
        entries.forEach((name, seen) -> {
            if (!seen.right()) all.remove(name);
            else {
                String sha256 = PtxFiles.sha256(seen.file());
                all.put(name, new Verified.Entry(seen.file(), sha256, at.gpu(), at.driver(), at.date(), seen.error()));
            }
        });
        return new Verified(all);
    }

    /// Kernels of the PTX files here that no GPU has run in their present form.
    public static List<String> neverVerified(Verified verified) {
        return PtxFiles.entries().entrySet().stream()
                .filter(e -> {
                    Verified.Entry known = verified.byEntry().get(e.getKey());
                    return known == null || !known.sha256().equals(PtxFiles.sha256(e.getValue()));
                })
                .map(Map.Entry::getKey)
                .toList();
    }
}
