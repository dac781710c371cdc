package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import java.util.ArrayList;
import java.util.List;

/// Convolution: windows that overlap and that leave values out, padding, dilation, groups, one window and
/// many. Sums are those of matrix products; a value of dx adds up to R · S places of columns, each a sum
/// over the outputs.
public final class Conv2dCases {

    private Conv2dCases() {}

    /// One layer.
    private record Layer(int images, Shape x, Shape w, Windows windows) {

        int[] input() {
            return new int[] {images, x.dim(0), x.dim(1), x.dim(2)};
        }

        int[] weight() {
            return w.toArray();
        }

        int[] output() {
            return new int[] {images, w.dim(0), positions(1, 2, windows.rows()), positions(2, 3, windows.columns())};
        }

        private int positions(int axis, int window, Axis a) {
            return (x.dim(axis) + 2 * a.padding() - a.dilation() * (w.dim(window) - 1) - 1) / a.stride() + 1;
        }

        int terms() {
            return w.dim(1) * w.dim(2) * w.dim(3);
        }

        @Override
        public String toString() {
            return "%d of %s, window %s, %s".formatted(images, x, w, windows);
        }
    }

    private static List<Layer> layers() {
        Axis halved = new Axis(2, 1, 1);
        Axis dilated = new Axis(1, 2, 2);
        return List.of(
                new Layer(1, Shape.of(1, 1, 1), Shape.of(1, 1, 1, 1), Windows.square(1, 0)),
                new Layer(2, Shape.of(3, 5, 7), Shape.of(4, 3, 3, 3), Windows.square(1, 1)),
                new Layer(
                        2, Shape.of(8, 8, 8), Shape.of(16, 8, 3, 3), Windows.square(1, 1)), // whole pieces of 16 bytes
                new Layer(1, Shape.of(3, 8, 12), Shape.of(8, 3, 4, 4), Windows.square(4, 0)), // patches
                new Layer(2, Shape.of(2, 9, 9), Shape.of(3, 2, 2, 2), Windows.square(3, 0)), // values under no window
                new Layer(2, Shape.of(4, 6, 9), Shape.of(6, 2, 3, 3), new Windows(dilated, halved, 2)),
                new Layer(1, Shape.of(3, 7, 5), Shape.of(6, 1, 3, 1), new Windows(halved, Axis.PLAIN, 3)),
                new Layer(0, Shape.of(3, 7, 5), Shape.of(6, 3, 3, 3), Windows.square(1, 1)));
    }

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (Layer l : layers()) {
                all.add(forward(type, l));
                all.add(inputGradient(type, l));
                all.add(parameterGradients(type, l));
            }
            all.add(frozen(type, DType.F16));
            all.add(frozen(type, DType.Q8_0));
            all.add(biasAlone(type));
        }
        return all;
    }

    private static KernelCase forward(DType type, Layer l) {
        return KernelCase.of("conv2d " + l, type, MatMulCases.bound(l.terms() + 1, type), in -> {
            Tensor y = in.out(l.output());
            Tensor x = in.data(1, l.input());
            in.kernels().conv2d().forward(x, in.data(2, l.weight()), in.single(3, l.w.dim(0)), l.windows, y);
            return List.of(y);
        });
    }

    private static KernelCase inputGradient(DType type, Layer l) {
        int terms = l.terms() * l.w.dim(0);
        return KernelCase.of("conv2d_input " + l, type, MatMulCases.bound(terms, type), in -> {
            Tensor dx = in.out(l.input());
            in.kernels().conv2d().inputGradient(in.data(1, l.output()), in.data(2, l.weight()), l.windows, dx);
            return List.of(dx);
        });
    }

    private static KernelCase parameterGradients(DType type, Layer l) {
        int terms = 1 + Shape.of(l.output()).size() / l.w.dim(0);
        return KernelCase.of("conv2d_parameters " + l, type, MatMulCases.bound(terms, DType.F32), in -> {
            Tensor dw = in.single(3, l.weight());
            Tensor db = in.single(4, l.w.dim(0));
            in.kernels().conv2d().parameterGradients(in.data(1, l.output()), in.data(2, l.input()), l.windows, dw, db);
            return List.of(dw, db);
        });
    }

    /// A weight whose values are bf16 numbers too: so both devices multiply the same ones.
    private static KernelCase frozen(DType type, DType weight) {
        Shape shape = Shape.of(8, 8, 2, 2);
        return KernelCase.of("conv2d of " + weight, type, MatMulCases.bound(64, type), in -> {
            Tensor y = in.out(1, 8, 6, 7);
            Tensor dx = in.out(1, 8, 7, 8);
            Tensor w = in.raw(weight, shape, Weights.bytes(weight, shape.size()));
            Windows windows = Windows.square(1, 0);
            in.kernels().conv2d().forward(in.data(1, 1, 8, 7, 8), w, in.single(3, 8), windows, y);
            in.kernels().conv2d().inputGradient(in.data(2, 1, 8, 6, 7), w, windows, dx);
            return List.of(y, dx);
        });
    }

    private static KernelCase biasAlone(DType type) {
        return KernelCase.of("conv2d_parameters bias alone", type, MatMulCases.bound(2 * 35, DType.F32), in -> {
            Tensor db = in.single(4, 3);
            Tensor x = in.data(2, 2, 4, 5, 7);
            in.kernels().conv2d().parameterGradients(in.data(1, 2, 3, 5, 7), x, Windows.square(1, 0), null, db);
            return List.of(db);
        });
    }
}
