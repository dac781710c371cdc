package dev.gradine.cli.gpu;

import dev.gradine.cuda.CudaKernels;
import dev.gradine.cuda.driver.Card;
import dev.gradine.cuda.driver.CuBlas;
import dev.gradine.tensor.Kernels;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Times kernels by the card's own clock, each beside cuBLAS and PyTorch where they are, as shares of
/// what the same card does at best: its copy rate, and the fastest bf16 product of cuBLAS.
public final class GpuBench {

    private static final int WARM_UP = 3;
    private static final int RUNS = 10;
    private static final int ROUNDS = 5;
    private static final long COPIED = 512L << 20; // bytes: several times a card's cache

    private final Card card;
    private final List<CuBlas> cublas;
    private final Torch torch;
    private double copyPeak;
    private double productPeak;

    /// @param torch what PyTorch took
    public GpuBench(Card card, List<CuBlas> cublas, Torch torch) {
        this.card = card;
        this.cublas = cublas;
        this.torch = torch;
    }

    /// Measures the peaks, then every kernel whose name is wanted.
    ///
    /// @param run of the same card
    public void run(CudaKernels run, Predicate<String> wanted, Consumer<String> note, Consumer<GpuRow> report) {
        copyPeak = copyPeak();
        note.accept("copy on the card: %.0f GB/s, read and written".formatted(copyPeak));
        GpuWorks works = new GpuWorks(run, cublas);
        if (cublas.isEmpty()) {
            note.accept("cuBLAS is not installed: no peak of products, no column");
        } else {
            works.forEach(w -> {
                if (!w.name().startsWith("gemm bf16")) return;
                productPeak =
                        Math.max(productPeak, w.amount() / seconds(w.cublas().getFirst()));
            });
            note.accept("bf16 product of cuBLAS: %.0f TFLOP/s at best".formatted(productPeak));
        }
        if (!torch.absent().isEmpty()) note.accept("PyTorch: " + torch.absent());
        works.forEach(w -> {
            if (wanted.test(w.name())) report.accept(row(run, w));
        });
    }

    private double copyPeak() {
        long from = card.allocate(COPIED);
        long to = card.allocate(COPIED);
        card.fill(from, (byte) 0x5a, COPIED);
        double seconds = seconds(() -> card.copy(from, to, COPIED));
        card.free(from);
        card.free(to);
        return 2e-9 * COPIED / seconds;
    }

    private GpuRow row(Kernels run, GpuWork w) {
        double ours = w.amount() / seconds(w.ours());
        double norm = norm(run, w);
        double peak = w.flop() > 0 ? productPeak : copyPeak;
        double blas = w.cublas().isEmpty() ? 0 : w.amount() / seconds(w.cublas().getFirst());
        Double theirs = torch.seconds().get(w.name());
        double python = theirs == null ? 0 : w.amount() / theirs;
        var rates = new GpuRow.Rates(ours, blas, python);
        return new GpuRow(w.name(), w.unit(), rates, peak > 0 ? 100 * ours / peak : 0, norm);
    }

    private static double norm(Kernels run, GpuWork w) {
        try (Kernels k = run.openStep()) {
            var f32 = k.empty(w.result().shape());
            k.copy(w.result(), f32);
            return Math.sqrt(k.reduce().sumOfSquares(f32));
        }
    }

    /// Median over rounds of the mean over runs.
    private double seconds(Runnable work) {
        for (int i = 0; i < WARM_UP; i++) work.run();
        double[] rounds = new double[ROUNDS];
        for (int r = 0; r < ROUNDS; r++) {
            rounds[r] = card.seconds(() -> {
                        for (int i = 0; i < RUNS; i++) work.run();
                    })
                    / RUNS;
        }
        Arrays.sort(rounds);
        return rounds[ROUNDS / 2];
    }
}
