package dev.gradine.gpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulShapes;
import java.util.Locale;

/// Dense matrix products of a vendor's library, in place of our kernels for the types that it takes. It works in
/// the order of the device's other work, and its sums are f32.
public interface DenseGemm extends AutoCloseable {

    /// Which operand lies transposed, as in `MatMulKernel`.
    enum Form {
        /// `a[M,K] · b[N,K]ᵀ`
        NT,
        /// `a[M,K] · b[K,N]`
        NN,
        /// `a[K,M]ᵀ · b[K,N]`
        TN;

        /// As kernels are named.
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// A matrix on the device, row-major without gaps.
    ///
    /// @param address of its first value
    /// @param type of its values
    record Matrix(long address, DType type) {

        /// The values of a tensor.
        public static Matrix of(Tensor t) {
            return new Matrix(DeviceMemory.address(t), t.dtype());
        }
    }

    /// `c[M,N] (+)= alpha · a · b`.
    ///
    /// @param form how `a` and `b` lie
    /// @param size M, N and K, each at least 1
    /// @param c shares no memory with `a` or `b`
    /// @param accumulate whether the product is added to `c` instead of overwriting it
    record Product(Form form, MatMulShapes size, Matrix a, Matrix b, Matrix c, float alpha, boolean accumulate) {

        @Override
        public String toString() {
            return "%s m %d, n %d, k %d of %s and %s to %s"
                    .formatted(form, size.m(), size.n(), size.k(), a.type(), b.type(), c.type());
        }
    }

    /// Name for messages and reports, such as `cuBLAS`.
    String name();

    /// Whether it multiplies these types without rounding one of them on the way.
    boolean takes(DType a, DType b, DType c);

    /// Computes a product of types that it takes; may return before it has ended.
    void multiply(Product p);

    @Override
    void close();
}
