package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Device contract of group normalisation: over the channels of a group and all positions of one image, each channel
/// with a weight and a bias of its own.
public interface GroupNormKernel {

    /// Groups of channels, and what keeps a constant group from a division by zero.
    ///
    /// @param groups G, a divisor of the channels
    /// @param eps added to the variance; in units of x²
    record Groups(int groups, float eps) {

        /// @throws IllegalArgumentException if there is no group
        public Groups {
            if (groups < 1) {
                throw new IllegalArgumentException("group_norm: groups is %d, expected at least 1".formatted(groups));
            }
        }

        /// Shape `[B,G]` of mean and reciprocal deviation.
        ///
        /// @throws ShapeException if `x` has not at least two axes, or the groups do not divide its channels
        public Shape statistics(Shape x) {
            if (x.rank() < 2) throw new ShapeException("group_norm: x is %s, expected at least 2 axes".formatted(x));
            if (x.dim(1) % groups != 0) {
                throw new ShapeException("group_norm: groups is %d, expected a divisor of %d (channels of x %s)"
                        .formatted(groups, x.dim(1), x));
            }
            return Shape.of(x.dim(0), groups);
        }
    }

    /// Writes `y f32[B,C,…]`, `mean f32[B,G]` and `rstd f32[B,G]` from `x f32[B,C,…]`, `w f32[C]`, `b f32[C]`.
    void forward(Tensor x, Tensor w, Tensor b, Groups groups, Tensor y, Tensor mean, Tensor rstd);

    /// Overwrites `dx f32[B,C,…]`, which may be `dy`; adds into `dw f32[C]` and `db f32[C]` unless they are null.
    ///
    /// The groups are those of `mean f32[B,G]`.
    void backward(
            Tensor dy,
            Tensor x,
            Tensor w,
            Tensor mean,
            Tensor rstd,
            Tensor dx,
            @Nullable Tensor dw,
            @Nullable Tensor db);
}
