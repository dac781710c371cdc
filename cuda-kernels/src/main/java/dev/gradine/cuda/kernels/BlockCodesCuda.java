package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.BlockCodesKernel;
import java.lang.foreign.Arena;
import java.util.EnumMap;
import java.util.Map;

/// Launches `block_codes.cu`: a block of threads works on one block of values at a time.
final class BlockCodesCuda implements BlockCodesKernel {

    private static final String OP = "block_codes";

    private final Gpu gpu;
    private final Map<CodeMap, Long> tables = new EnumMap<>(CodeMap.class); // where a map's numbers lie

    BlockCodesCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void encode(Tensor x, CodeMap map, Tensor codes, Tensor absmax) {
        int n = BlockCodesKernel.require(x, codes, absmax);
        if (n == 0) return;
        gpu.launch(new Kernel(OP, "block_codes_encode_f32"), grid(n), x, table(map), codes, absmax, n);
    }

    @Override
    public void decode(Tensor codes, Tensor absmax, CodeMap map, Tensor x) {
        int n = BlockCodesKernel.require(x, codes, absmax);
        if (n == 0) return;
        gpu.launch(new Kernel(OP, "block_codes_decode_f32"), grid(n), codes, absmax, table(map), x, n);
    }

    private Grid grid(int n) {
        return Grids.rows(gpu, Math.ceilDiv(n, BLOCK), BLOCK, 1, BLOCK);
    }

    /// Uploaded at the first call.
    private Object table(CodeMap map) {
        return tables.computeIfAbsent(map, _ -> {
            float[] numbers = map.table();
            try (Arena arena = Arena.ofConfined()) {
                Tensor host = Tensor.of(arena, Shape.of(numbers.length), numbers);
                long to = gpu.allocate(host.bytes());
                gpu.upload(host.data(), to);
                return to;
            }
        });
    }
}
