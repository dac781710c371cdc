package dev.gradine.cuda.kernels;

import dev.gradine.gpu.DenseGemm;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.UnsupportedKernelException;
import dev.gradine.tensor.kernel.ActivationKernel;
import dev.gradine.tensor.kernel.AdamWKernel;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.Conv2dKernel;
import dev.gradine.tensor.kernel.DropoutKernel;
import dev.gradine.tensor.kernel.ElementwiseKernel;
import dev.gradine.tensor.kernel.FunctionKernel;
import dev.gradine.tensor.kernel.GatherKernel;
import dev.gradine.tensor.kernel.GroupNormKernel;
import dev.gradine.tensor.kernel.KvAppendKernel;
import dev.gradine.tensor.kernel.LayerNormKernel;
import dev.gradine.tensor.kernel.LayoutKernel;
import dev.gradine.tensor.kernel.LionKernel;
import dev.gradine.tensor.kernel.LogProbKernel;
import dev.gradine.tensor.kernel.LowRankKernel;
import dev.gradine.tensor.kernel.MatMulKernel;
import dev.gradine.tensor.kernel.ReduceKernel;
import dev.gradine.tensor.kernel.RmsNormKernel;
import dev.gradine.tensor.kernel.RopeKernel;
import dev.gradine.tensor.kernel.SamplingKernel;
import dev.gradine.tensor.kernel.SoftmaxKernel;
import dev.gradine.tensor.kernel.UpsampleKernel;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// One launcher per kernel contract, made once for a device; all lifetimes share them.
final class Launchers {

    private final Map<Class<?>, Object> byContract = new HashMap<>();
    private final List<DenseGemm> vendor;

    /// Launchers for kernels of `gpu`, one line per contract that has kernels.
    ///
    /// @param vendor whose matrix products are used where it takes the types: one, or none
    Launchers(Gpu gpu, List<DenseGemm> vendor) {
        this.vendor = vendor;
        byContract.put(AttentionKernel.class, new AttentionCuda(gpu));
        byContract.put(LowRankKernel.class, new LowRankCuda(gpu, vendor));
        byContract.put(MatMulKernel.class, new MatMulCuda(gpu, vendor));
        byContract.put(ElementwiseKernel.class, new ElementwiseCuda(gpu));
        byContract.put(ReduceKernel.class, new ReduceCuda(gpu));
        byContract.put(FunctionKernel.class, new FunctionCuda(gpu));
        byContract.put(ActivationKernel.class, new ActivationCuda(gpu));
        byContract.put(RmsNormKernel.class, new RmsNormCuda(gpu));
        byContract.put(LayerNormKernel.class, new LayerNormCuda(gpu));
        byContract.put(GroupNormKernel.class, new GroupNormCuda(gpu));
        byContract.put(Conv2dKernel.class, new Conv2dCuda(gpu, vendor));
        byContract.put(UpsampleKernel.class, new UpsampleCuda(gpu));
        byContract.put(RopeKernel.class, new RopeCuda(gpu));
        byContract.put(KvAppendKernel.class, new KvAppendCuda(gpu));
        byContract.put(GatherKernel.class, new GatherCuda(gpu));
        byContract.put(LayoutKernel.class, new LayoutCuda(gpu));
        byContract.put(LogProbKernel.class, new LogProbCuda(gpu));
        byContract.put(SamplingKernel.class, new SamplingCuda(gpu));
        byContract.put(DropoutKernel.class, new DropoutCuda(gpu));
        AdamWCuda adamW = new AdamWCuda(gpu);
        byContract.put(AdamWKernel.class, adamW);
        byContract.put(AdamWCuda.class, adamW);
        byContract.put(LionKernel.class, new LionCuda(gpu));
        byContract.put(ConvertCuda.class, new ConvertCuda(gpu));
        byContract.put(SoftmaxKernel.class, new SoftmaxCuda(gpu));
    }

    /// The launcher of a contract.
    ///
    /// @throws UnsupportedKernelException if it has none
    <T> T get(Class<T> contract) {
        Object launcher = byContract.get(contract);
        if (launcher == null) {
            String name = contract.getSimpleName().replaceFirst("Kernel$", "");
            String stem = name.replaceAll("(?<=.)([A-Z])(?=[a-z])", "_$1").toLowerCase(Locale.ROOT);
            throw new UnsupportedKernelException(stem + ": no CUDA kernel; run this op on cpu");
        }
        return contract.cast(launcher);
    }

    /// What a device's name ends in where a vendor's library multiplies.
    String vendorName() {
        return vendor.isEmpty() ? "" : ", products of " + vendor.getFirst().name();
    }

    /// Closes the vendor's library.
    void close() {
        vendor.forEach(DenseGemm::close);
    }
}
