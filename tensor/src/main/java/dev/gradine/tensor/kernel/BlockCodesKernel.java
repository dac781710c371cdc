package dev.gradine.tensor.kernel;

import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;

/// Device contract of values kept as codes of eight bits, as optimisers keep their states. Dettmers et al. 2022
/// (arXiv:2110.02861), section 2.1.
///
/// ```
/// encode:  M_b = max |x| over block b       q_i = the code whose number is nearest to x_i / M_b; 0 where M_b = 0
/// decode:  x_i = map[q_i] · M_b             b = ⌊i / 256⌋; the last block may be short
/// ```
///
/// Values must be finite. In the middle between two numbers the smaller one is nearest.
public interface BlockCodesKernel {

    /// Values that share a magnitude.
    int BLOCK = 256;

    /// The number of each code.
    enum CodeMap {
        /// For values of either sign.
        SIGNED,
        /// For values that are not below 0.
        UNSIGNED;

        /// The 256 numbers, in ascending order.
        public float[] table() {
            return this == SIGNED ? CodeTable.of(DType.DYNAMIC8) : CodeTable.unsignedDynamic8();
        }
    }

    /// Overwrites `codes u8[N]` and `absmax f32[⌈N / 256⌉]` with what stands for `x f32[N]`.
    void encode(Tensor x, CodeMap map, Tensor codes, Tensor absmax);

    /// Overwrites `x f32[N]` with the values of `codes u8[N]` and `absmax f32[⌈N / 256⌉]`.
    void decode(Tensor codes, Tensor absmax, CodeMap map, Tensor x);

    /// Fails unless the three go together.
    ///
    /// @return N
    /// @throws dev.gradine.tensor.ShapeException if one has another size
    static int require(Tensor x, Tensor codes, Tensor absmax) {
        int n = x.size();
        Operands.require("block_codes", "x", x, DType.F32, n);
        Operands.require("block_codes", "codes", codes, DType.U8, n);
        Operands.require("block_codes", "absmax", absmax, DType.F32, Math.ceilDiv(n, BLOCK));
        return n;
    }
}
