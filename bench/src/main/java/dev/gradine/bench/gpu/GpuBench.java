package dev.gradine.bench.gpu;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.gpu.DenseGemm;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Times kernels by the device's own clock, each beside cuBLAS and PyTorch where they are, as shares of
/// what the same device does at best: its copy rate, and the fastest bf16 product of cuBLAS.
public final class GpuBench {

    private final GpuBenchSettings settings;
    private final Clock clock;
    private final List<? extends DenseGemm> vendor;
    private final Torch torch;
    private final Map<String, Object> peaks = new LinkedHashMap<>();
    private double copyPeak;
    private double productPeak;

    /// Seconds that a device takes for what some work launches.
    @FunctionalInterface
    public interface Clock {
        /// Runs `work` and waits for it.
        double seconds(Runnable work);
    }

    /// @param vendor cuBLAS on the same device: one, or none
    /// @param torch what PyTorch took
    public GpuBench(GpuBenchSettings settings, Clock clock, List<? extends DenseGemm> vendor, Torch torch) {
        this.settings = settings;
        this.clock = clock;
        this.vendor = vendor;
        this.torch = torch;
    }

    /// Measures the peaks, then every work whose name is wanted.
    ///
    /// @param run of the device
    public void run(CudaKernels run, Predicate<String> wanted, Consumer<String> note, Consumer<GpuRow> report) {
        GpuWorks works = new GpuWorks(run, vendor, settings);
        copyPeak(run, note);
        productPeak(works, note);
        if (!torch.absent().isEmpty()) note.accept("PyTorch: " + torch.absent());
        works.forEach(w -> {
            if (wanted.test(w.name())) report.accept(row(w));
        });
    }

    /// What rates were shares of, as JSON fields.
    public Map<String, Object> peaks() {
        return peaks;
    }

    /// The better of the driver's copy and a kernel of ours that reads and writes every byte once: four loads of 16
    /// bytes under way in a thread, as many threads as the GPU holds. It multiplies by one on the way.
    private void copyPeak(CudaKernels run, Consumer<String> note) {
        try (CudaKernels k = run.openStep()) {
            Operands in = new Operands(k);
            Tensor from = in.random(DType.F32, settings.rows(), settings.wide());
            Tensor to = k.empty(DType.F32, from.shape());
            double moved = 2e-9 * from.bytes();
            double driver = moved / seconds(() -> k.copy(from, to));
            double ours = moved / seconds(() -> k.elementwise().scale(from, 1, to));
            copyPeak = Math.max(driver, ours);
            String which = ours > driver ? "a kernel of ours" : "the driver";
            peaks.put("copy_gb_s", copyPeak);
            peaks.put("copy_by", which);
            note.accept("copy on the device: %.0f GB/s read and written, by %s (the other: %.0f)"
                    .formatted(copyPeak, which, Math.min(driver, ours)));
        }
    }

    private void productPeak(GpuWorks works, Consumer<String> note) {
        if (vendor.isEmpty()) {
            note.accept("cuBLAS: left out or not installed: no peak of products, no column");
            return;
        }
        works.products(w -> productPeak =
                Math.max(productPeak, rate(w.amount().value(), w.others().cublas())));
        peaks.put("product_tflop_s", productPeak);
        note.accept("bf16 product of cuBLAS: %.0f TFLOP/s at best".formatted(productPeak));
    }

    GpuRow row(GpuWork w) {
        double amount = w.amount().value();
        double ours = amount / seconds(w.ours());
        double memory = memory(w);
        double norm = w.norm().getAsDouble();
        double cublas = rate(amount, w.others().cublas());
        double unfused = rate(amount, w.others().unfused());
        Double theirs = torch.seconds().get(w.name());
        double peak = w.amount().flop() > 0 ? productPeak : copyPeak;
        var rates = new GpuRow.Rates(ours, cublas, theirs == null ? 0 : amount / theirs);
        var shares = new GpuRow.Shares(peak > 0 ? 100 * ours / peak : 0, unfused > 0 ? ours / unfused : 0, memory);
        return new GpuRow(w.name(), w.amount().unit(), rates, shares, norm, w.goal());
    }

    private double rate(double amount, List<Runnable> other) {
        return other.isEmpty() ? 0 : amount / seconds(other.getFirst());
    }

    /// GB that were in use beside inputs at once.
    private static double memory(GpuWork w) {
        double bytes = 0;
        for (Kernels k : w.others().memory()) bytes = k.peakStepBytes() - k.bytesInUse();
        return bytes * 1e-9;
    }

    /// Median over rounds of the mean over runs.
    private double seconds(Runnable work) {
        GpuBenchSettings.Repeats r = settings.repeats();
        for (int i = 0; i < r.warmUp(); i++) work.run();
        double[] rounds = new double[r.rounds()];
        for (int i = 0; i < rounds.length; i++) {
            rounds[i] = clock.seconds(() -> {
                        for (int j = 0; j < r.runs(); j++) work.run();
                    })
                    / r.runs();
        }
        Arrays.sort(rounds);
        return rounds[rounds.length / 2];
    }
}
