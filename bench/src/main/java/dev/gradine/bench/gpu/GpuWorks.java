package dev.gradine.bench.gpu;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.gpu.DenseGemm;
import dev.gradine.tensor.DType;
import java.util.List;
import java.util.function.Consumer;

/// All works, in the order in which they are shown.
///
/// @param run the device
/// @param vendor cuBLAS: one, or none
/// @param settings sizes
record GpuWorks(CudaKernels run, List<? extends DenseGemm> vendor, GpuBenchSettings settings) {

    private static final List<Integer> HEAD_SIZES = List.of(64, 128);

    private interface Works {
        List<GpuWork> of(CudaKernels k);
    }

    /// Gives each work to `timer`, its memory freed before that of the next is taken.
    void forEach(Consumer<GpuWork> timer) {
        LayerWorks layers = new LayerWorks(settings.layer());
        with(timer, layers::head); // first: what it takes beside inputs is known as the peak before it is passed
        products(timer);
        ProductWorks products = new ProductWorks(settings, vendor);
        with(timer, k -> products.works(k, settings.gemmF32(), DType.F32));
        MemoryWorks memory = new MemoryWorks(settings);
        with(timer, memory::pointwise);
        with(timer, memory::rows);
        with(timer, memory::adamW);
        with(timer, memory::nf4);
        for (int length : settings.sequences()) {
            for (int size : HEAD_SIZES) with(timer, k -> new AttentionWorks(settings).works(k, length, size));
        }
        for (int[] l : layers.linears()) with(timer, k -> layers.adapted(k, l[0], l[1]));
    }

    /// The bf16 products alone.
    void products(Consumer<GpuWork> timer) {
        ProductWorks products = new ProductWorks(settings, vendor);
        for (int n : settings.gemm()) with(timer, k -> products.works(k, n, DType.BF16));
    }

    private void with(Consumer<GpuWork> timer, Works works) {
        try (CudaKernels k = run.openStep()) {
            works.of(k).forEach(timer);
        }
    }
}
