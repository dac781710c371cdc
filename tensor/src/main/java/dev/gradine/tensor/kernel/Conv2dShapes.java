package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;

/// Sizes of one convolution. Every device checks its arguments by these.
///
/// ```
/// P = ⌊(H + 2 padding − dilation · (R − 1) − 1) / stride⌋ + 1          Q from W and S likewise
/// ```
///
/// @param x `[B,C,H,W]`
/// @param w `[O,C/groups,R,S]`
/// @param windows how the window moves
public record Conv2dShapes(Shape x, Shape w, Windows windows) {

    private static final String OP = "conv2d";

    /// Checks that the three meet.
    ///
    /// @throws ShapeException if a shape has not four axes, the groups do not divide the channels, the weight has
    /// another number of channels than a group, or the window is larger than the padded image
    public Conv2dShapes {
        ShapeException.requireRank(OP, "x", x, 4);
        ShapeException.requireRank(OP, "w", w, 4);
        int groups = windows.groups();
        if (x.dim(1) % groups != 0 || w.dim(0) % groups != 0) {
            throw new ShapeException("%s: groups is %d, expected a divisor of the channels of x %s and of w %s"
                    .formatted(OP, groups, x, w));
        }
        Shape expected = Shape.of(w.dim(0), x.dim(1) / groups, w.dim(2), w.dim(3));
        ShapeException.require(OP, "w", w, expected, "x is %s, groups is %d".formatted(x, groups));
        requireRoom("rows", x, x.dim(2), w.dim(2), windows.rows());
        requireRoom("columns", x, x.dim(3), w.dim(3), windows.columns());
    }

    private static void requireRoom(String axis, Shape x, int n, int window, Axis a) {
        int covered = a.dilation() * (window - 1) + 1;
        if (window < 1 || n + 2 * a.padding() < covered) {
            throw new ShapeException(
                    "%s: x is %s with %d %s of padding on each side, expected at least %d %s (the window)"
                            .formatted(OP, x, a.padding(), axis, Math.max(1, covered), axis));
        }
    }

    /// Fails unless `dy` has the shape of the result.
    ///
    /// @throws ShapeException if it has another
    public void requireResult(String name, Tensor dy) {
        ShapeException.require(OP, name, dy.shape(), y(), "x is %s, w is %s".formatted(x, w));
    }

    /// Shape `[B,O,P,Q]` of the result.
    public Shape y() {
        return Shape.of(batch(), outputs(), outHeight(), outWidth());
    }

    /// Images B.
    public int batch() {
        return x.dim(0);
    }

    /// Channels C of all groups.
    public int channels() {
        return x.dim(1);
    }

    /// Rows H of an image.
    public int height() {
        return x.dim(2);
    }

    /// Columns W of an image.
    public int width() {
        return x.dim(3);
    }

    /// Outputs O of all groups.
    public int outputs() {
        return w.dim(0);
    }

    /// Channels of one group.
    public int groupChannels() {
        return w.dim(1);
    }

    /// Outputs of one group.
    public int groupOutputs() {
        return outputs() / windows.groups();
    }

    /// Values that a window covers: the terms of one sum.
    public int windowValues() {
        return w.dim(1) * w.dim(2) * w.dim(3);
    }

    /// Rows P of the result.
    public int outHeight() {
        return positions(height(), w.dim(2), windows.rows());
    }

    /// Columns Q of the result.
    public int outWidth() {
        return positions(width(), w.dim(3), windows.columns());
    }

    /// Positions of the window in one image.
    public int positions() {
        return outHeight() * outWidth();
    }

    private static int positions(int n, int window, Axis a) {
        return (n + 2 * a.padding() - a.dilation() * (window - 1) - 1) / a.stride() + 1;
    }
}
