package dev.gradine.cuda;

import dev.gradine.tensor.UnsupportedKernelException;
import dev.gradine.tensor.kernel.ActivationKernel;
import dev.gradine.tensor.kernel.AdamWKernel;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.DropoutKernel;
import dev.gradine.tensor.kernel.ElementwiseKernel;
import dev.gradine.tensor.kernel.GatherKernel;
import dev.gradine.tensor.kernel.LayerNormKernel;
import dev.gradine.tensor.kernel.LogProbKernel;
import dev.gradine.tensor.kernel.LowRankKernel;
import dev.gradine.tensor.kernel.MatMulKernel;
import dev.gradine.tensor.kernel.ReduceKernel;
import dev.gradine.tensor.kernel.RmsNormKernel;
import dev.gradine.tensor.kernel.RopeKernel;

/// One launcher per kernel contract, made once for a device; all lifetimes share them. A contract
/// without a kernel is `missing`.
final class Launchers {

    /// Launchers for kernels of this device.
    Launchers(Gpu gpu) {}

    private static <T> T missing(String contract) {
        throw new UnsupportedKernelException(contract + ": no CUDA kernel; run this op on cpu");
    }

    MatMulKernel matMul() {
        return missing("mat_mul");
    }

    LowRankKernel lowRank() {
        return missing("low_rank");
    }

    ElementwiseKernel elementwise() {
        return missing("elementwise");
    }

    ReduceKernel reduce() {
        return missing("reduce");
    }

    ActivationKernel activation() {
        return missing("activation");
    }

    RmsNormKernel rmsNorm() {
        return missing("rms_norm");
    }

    LayerNormKernel layerNorm() {
        return missing("layer_norm");
    }

    RopeKernel rope() {
        return missing("rope");
    }

    AttentionKernel attention() {
        return missing("attention");
    }

    GatherKernel gather() {
        return missing("gather");
    }

    LogProbKernel logProb() {
        return missing("log_prob");
    }

    DropoutKernel dropout() {
        return missing("dropout");
    }

    AdamWKernel adamW() {
        return missing("adam_w");
    }
}
