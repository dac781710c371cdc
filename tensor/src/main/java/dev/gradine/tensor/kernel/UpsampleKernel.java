package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// Device contract of enlarging images by a whole factor.
public interface UpsampleKernel {

    /// Where the values between the given ones come from.
    enum Mode {
        /// The value they lie in: each becomes a square of `factor · factor` equal ones.
        NEAREST,
        /// Linear between the two nearest centres along each axis; beyond the outermost centres the outermost value.
        BILINEAR
    }

    /// How much larger, and how.
    ///
    /// @param mode where values come from
    /// @param factor s, of both axes, at least 1
    record Enlargement(Mode mode, int factor) {

        /// @throws IllegalArgumentException if the factor is below 1
        public Enlargement {
            if (factor < 1) {
                throw new IllegalArgumentException("upsample: factor is %d, expected at least 1".formatted(factor));
            }
        }

        /// Shape `[B,C,s·H,s·W]` of what `[B,C,H,W]` becomes.
        ///
        /// @throws ShapeException if `x` has not four axes
        public Shape of(Shape x) {
            ShapeException.requireRank("upsample", "x", x, 4);
            return Shape.of(x.dim(0), x.dim(1), x.dim(2) * factor, x.dim(3) * factor);
        }
    }

    /// Writes `y f32[B,C,s·H,s·W]` from `x f32[B,C,H,W]`.
    void forward(Tensor x, Enlargement by, Tensor y);

    /// Overwrites `dx f32[B,C,H,W]`. Sums have one order, whatever the number of threads.
    void backward(Tensor dy, Enlargement by, Tensor dx);
}
