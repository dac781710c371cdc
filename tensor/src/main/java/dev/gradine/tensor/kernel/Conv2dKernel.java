package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Device contract of convolution over two axes, with groups. As in every deep-learning library it is a
/// cross-correlation: the weight is not turned around. Sizes and their checks are in `Conv2dShapes`.
///
/// `w` may have any real type; what learns is f32.
public interface Conv2dKernel {

    /// How the window moves along one axis.
    ///
    /// @param stride positions from one window to the next, at least 1
    /// @param padding zeros before the first value and after the last
    /// @param dilation positions from one value of the window to the next, at least 1
    record Axis(int stride, int padding, int dilation) {

        /// Every position, no padding.
        public static final Axis PLAIN = new Axis(1, 0, 1);

        /// @throws IllegalArgumentException if a number is too small
        public Axis {
            require("stride", stride, 1);
            require("padding", padding, 0);
            require("dilation", dilation, 1);
        }

        private static void require(String name, int got, int least) {
            if (got < least) {
                throw new IllegalArgumentException(
                        "conv2d: %s is %d, expected at least %d".formatted(name, got, least));
            }
        }
    }

    /// How the window moves.
    ///
    /// @param rows along the height
    /// @param columns along the width
    /// @param groups parts of the channels; an output reads the channels of its own part alone
    record Windows(Axis rows, Axis columns, int groups) {

        /// @throws IllegalArgumentException if there is no group
        public Windows {
            if (groups < 1) {
                throw new IllegalArgumentException("conv2d: groups is %d, expected at least 1".formatted(groups));
            }
        }

        /// The same along both axes, one group.
        public static Windows square(int stride, int padding) {
            Axis both = new Axis(stride, padding, 1);
            return new Windows(both, both, 1);
        }
    }

    /// Writes `y f32[B,O,P,Q]` from `x f32[B,C,H,W]`, `w [O,C/groups,R,S]` and the bias `b f32[O]`.
    void forward(Tensor x, Tensor w, Tensor b, Windows windows, Tensor y);

    /// Overwrites `dx f32[B,C,H,W]`.
    void inputGradient(Tensor dy, Tensor w, Windows windows, Tensor dx);

    /// Adds into `dw f32[O,C/groups,R,S]` and `db f32[O]` unless they are null.
    void parameterGradients(Tensor dy, Tensor x, Windows windows, @Nullable Tensor dw, @Nullable Tensor db);
}
