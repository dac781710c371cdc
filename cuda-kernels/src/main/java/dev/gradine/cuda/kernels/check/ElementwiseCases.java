package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ElementwiseKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Element-by-element arithmetic. Both devices round each result once, so that f32 agrees to the bit.
public final class ElementwiseCases {

    private static final int[] SIZES = {0, 1, 7, 31, 33, 64, 65, 1000, 40_003};

    private ElementwiseCases() {}

    @FunctionalInterface
    private interface Binary {
        void run(ElementwiseKernel k, Tensor a, Tensor b, Tensor y);
    }

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int n : SIZES) {
                all.add(fill(type, n));
                all.add(binary("add", type, n, ElementwiseKernel::add));
                all.add(binary("scale", type, n, (k, a, b, y) -> k.scale(a, 0.7f, y)));
                all.add(axpy(type, n));
            }
            all.add(inPlace(type, 65));
            all.add(unaligned(type, 65));
            for (int[] shape : new int[][] {{0, 8}, {1, 1}, {3, 7}, {1, 31}, {5, 64}, {33, 65}, {40, 1000}}) {
                all.add(addBias(type, shape[0], shape[1]));
                all.add(scaleRows(type, shape[0], shape[1]));
            }
        }
        return all;
    }

    private static KernelCase of(String name, DType type, Function<Inputs, List<Tensor>> run) {
        return KernelCase.of("elementwise_" + name, type, Bounds.of(type, 0), run);
    }

    private static KernelCase fill(DType type, int n) {
        return of("fill [%d]".formatted(n), type, in -> {
            Tensor y = in.out(n);
            in.kernels().elementwise().fill(y, 1.5f);
            return List.of(y);
        });
    }

    private static KernelCase binary(String name, DType type, int n, Binary op) {
        return of("%s [%d]".formatted(name, n), type, in -> {
            Tensor y = in.out(n);
            op.run(in.kernels().elementwise(), in.data(1, n), in.data(2, n), y);
            return List.of(y);
        });
    }

    private static KernelCase axpy(DType type, int n) {
        return of("axpy [%d]".formatted(n), type, in -> {
            Tensor y = in.data(2, n);
            in.kernels().elementwise().axpy(-0.3f, in.data(1, n), y);
            return List.of(y);
        });
    }

    private static KernelCase inPlace(DType type, int n) {
        return of("add in place [%d]".formatted(n), type, in -> {
            Tensor y = in.data(2, n);
            in.kernels().elementwise().add(in.data(1, n), y, y);
            return List.of(y);
        });
    }

    /// All but the first of the values: addresses that no 16 bytes begin at.
    private static KernelCase unaligned(DType type, int n) {
        return of("add unaligned [%d]".formatted(n - 1), type, in -> {
            Tensor y = in.out(n);
            Tensor b = in.data(2, n);
            in.kernels().elementwise().add(in.data(1, n).rows(1, n), b.rows(1, n), y.rows(1, n));
            return List.of(y);
        });
    }

    private static KernelCase addBias(DType type, int n, int c) {
        return of("add_bias [%d, %d]".formatted(n, c), type, in -> {
            Tensor y = in.out(n, c);
            in.kernels().elementwise().addBias(in.data(1, n, c), in.single(2, c), y);
            return List.of(y);
        });
    }

    private static KernelCase scaleRows(DType type, int n, int c) {
        return of("scale_rows [%d, %d]".formatted(n, c), type, in -> {
            Tensor y = in.out(n, c);
            in.kernels().elementwise().scaleRows(in.data(1, n, c), in.single(2, n), y);
            return List.of(y);
        });
    }
}
