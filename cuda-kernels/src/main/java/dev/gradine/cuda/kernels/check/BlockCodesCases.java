package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.BlockCodesKernel;
import dev.gradine.tensor.kernel.BlockCodesKernel.CodeMap;
import java.util.ArrayList;
import java.util.List;

/// Values that become codes and values again. Every step is rounded as on the CPU, so that they agree to the bit.
final class BlockCodesCases {

    private BlockCodesCases() {}

    /// Every case.
    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (CodeMap map : CodeMap.values()) {
            for (int n : new int[] {0, 1, 7, 255, 256, 257, 1000, 20_001}) all.add(both(map, n));
        }
        return all;
    }

    private static KernelCase both(CodeMap map, int n) {
        return KernelCase.of("block_codes %s [%d]".formatted(map, n), DType.F32, 0, in -> {
            float[] values = Inputs.random(1, n);
            for (int i = 0; i < n; i++) {
                if (map == CodeMap.UNSIGNED) values[i] *= values[i];
                if (i % 512 >= 200) values[i] = 0; // a block of zeros, and one that is half zero
            }
            int blocks = Math.ceilDiv(n, BlockCodesKernel.BLOCK);
            Tensor codes = in.raw(DType.U8, Shape.of(n), new byte[n]);
            Tensor absmax = in.outSingle(blocks);
            Tensor y = in.outSingle(n);
            in.kernels().blockCodes().encode(in.single(Shape.of(n), values), map, codes, absmax);
            in.kernels().blockCodes().decode(codes, absmax, map, y);
            return List.of(absmax, y);
        });
    }
}
