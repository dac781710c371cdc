package dev.gradine.cuda;

import dev.gradine.tensor.UnsupportedKernelException;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.LowRankKernel;
import dev.gradine.tensor.kernel.MatMulKernel;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// One launcher per kernel contract, made once for a device; all lifetimes share them.
final class Launchers {

    private final Map<Class<?>, Object> byContract = new HashMap<>();

    /// Launchers for kernels of `gpu`, one line per contract that has kernels.
    Launchers(Gpu gpu) {
        byContract.put(AttentionKernel.class, new AttentionCuda(gpu));
        byContract.put(LowRankKernel.class, new LowRankCuda(gpu));
        byContract.put(MatMulKernel.class, new MatMulCuda(gpu));
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
}
