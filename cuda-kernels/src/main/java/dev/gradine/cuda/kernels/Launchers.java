package dev.gradine.cuda.kernels;

import dev.gradine.gpu.DenseGemm;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.UnsupportedKernelException;
import java.util.List;

/// One launcher per kernel contract, made once for a device; all lifetimes share them. A contract that has no launcher
/// here leaves a method of `CudaKernels` without a body: the compiler names it.
final class Launchers {

    final AttentionCuda attention;
    final LowRankCuda lowRank;
    final MatMulCuda matMul;
    final ElementwiseCuda elementwise;
    final ReduceCuda reduce;
    final FunctionCuda function;
    final ActivationCuda activation;
    final RmsNormCuda rmsNorm;
    final LayerNormCuda layerNorm;
    final GroupNormCuda groupNorm;
    final Conv2dCuda conv2d;
    final UpsampleCuda upsample;
    final RopeCuda rope;
    final KvAppendCuda kvAppend;
    final IndexSelectCuda indexSelect;
    final LayoutCuda layout;
    final LogProbCuda logProb;
    final SamplingCuda sampling;
    final DropoutCuda dropout;
    final AdamWCuda adamW;
    final LionCuda lion;
    final BlockCodesCuda blockCodes;
    final ConvertCuda convert;
    final SoftmaxCuda softmax;
    private final List<DenseGemm> vendor;

    /// Launchers for kernels of `gpu`.
    ///
    /// @param vendor whose matrix products are used where it takes the types: one, or none
    Launchers(Gpu gpu, List<DenseGemm> vendor) {
        this.vendor = vendor;
        attention = new AttentionCuda(gpu);
        lowRank = new LowRankCuda(gpu, vendor);
        matMul = new MatMulCuda(gpu, vendor);
        elementwise = new ElementwiseCuda(gpu);
        reduce = new ReduceCuda(gpu);
        function = new FunctionCuda(gpu);
        activation = new ActivationCuda(gpu);
        rmsNorm = new RmsNormCuda(gpu);
        layerNorm = new LayerNormCuda(gpu);
        groupNorm = new GroupNormCuda(gpu);
        conv2d = new Conv2dCuda(gpu, vendor);
        upsample = new UpsampleCuda(gpu);
        rope = new RopeCuda(gpu);
        kvAppend = new KvAppendCuda(gpu);
        indexSelect = new IndexSelectCuda(gpu);
        layout = new LayoutCuda(gpu);
        logProb = new LogProbCuda(gpu);
        sampling = new SamplingCuda(gpu);
        dropout = new DropoutCuda(gpu);
        adamW = new AdamWCuda(gpu);
        lion = new LionCuda(gpu);
        blockCodes = new BlockCodesCuda(gpu);
        convert = new ConvertCuda(gpu);
        softmax = new SoftmaxCuda(gpu);
    }

    /// For the method of `CudaKernels` whose contract has no kernel yet: the op is refused, and nothing computes it in
    /// secret.
    ///
    /// @param op in the words of its messages, such as `rms_norm`
    static UnsupportedKernelException missing(String op) {
        return new UnsupportedKernelException(op + ": no CUDA kernel; run this op on cpu");
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
