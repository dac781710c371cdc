package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// Launches `nf4.cu`: weights of four bits, as bitsandbytes stores them, become F32 or BF16.
///
/// ```
/// w_i = code[q_i] · a_b     b = i / block     a_b = absmax_b, or map[absmax_b] · nested[b / 256] + offset
/// ```
///
/// Byte j holds the code of value 2j in its high nibble, of value 2j + 1 in its low one.
public final class Nf4Cuda {

    private static final String OP = "nf4";
    private static final int CODES = 16;
    private static final int MAP = 256;
    private static final int NESTED_BLOCK = 256;

    private final Gpu gpu;

    Nf4Cuda(Gpu gpu) {
        this.gpu = gpu;
    }

    /// Double-quantised magnitudes of blocks.
    ///
    /// @param absmax `u8[blocks]`, places in the map
    /// @param nested `f32[⌈blocks / 256⌉]`, magnitude of 256 of them
    /// @param map `f32[256]`, the dynamic map
    /// @param offset mean of the magnitudes
    public record Nested(Tensor absmax, Tensor nested, Tensor map, float offset) {}

    /// Overwrites `y` from codes `q u8[⌈n / 2⌉]`, the table `code f32[16]` and `absmax f32[⌈n / block⌉]`.
    ///
    /// @param block values that share a magnitude, a power of two from 8 on; 64 for weights
    public void dequantise(Tensor q, Tensor code, Tensor absmax, int block, Tensor y) {
        DType type = requireCodes(q, code, block, y);
        require(OP, "absmax", absmax, DType.F32, Math.ceilDiv(y.size(), block));
        if (y.size() == 0) return;
        int bits = Integer.numberOfTrailingZeros(block);
        Kernel kernel = new Kernel(OP, OP + Data.suffix(type));
        gpu.launch(kernel, grid(y), q, code, absmax, bits, y, y.size());
    }

    /// As above, with double-quantised magnitudes.
    public void dequantise(Tensor q, Tensor code, Nested absmax, int block, Tensor y) {
        DType type = requireCodes(q, code, block, y);
        int blocks = Math.ceilDiv(y.size(), block);
        require(OP, "absmax", absmax.absmax(), DType.U8, blocks);
        require(OP, "nested", absmax.nested(), DType.F32, Math.ceilDiv(blocks, NESTED_BLOCK));
        require(OP, "map", absmax.map(), DType.F32, MAP);
        if (y.size() == 0) return;
        int bits = Integer.numberOfTrailingZeros(block);
        Tensor codes = absmax.absmax();
        Tensor nested = absmax.nested();
        Tensor map = absmax.map();
        Kernel kernel = Data.kernel(OP, "nested", type);
        gpu.launch(kernel, grid(y), q, code, codes, nested, map, absmax.offset(), bits, y, y.size());
    }

    private Grid grid(Tensor y) {
        return Grids.values(gpu, y.size(), DType.BF16);
    }

    private static DType requireCodes(Tensor q, Tensor code, int block, Tensor y) {
        DType type = Data.type(OP, "y", y);
        if (block < 8 || Integer.bitCount(block) != 1) {
            throw new ShapeException("nf4: block is %d, expected a power of two from 8 on".formatted(block));
        }
        require(OP, "q", q, DType.U8, Math.ceilDiv(y.size(), 2));
        require(OP, "code", code, DType.F32, CODES);
        return type;
    }
}
