package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Strides;
import java.util.ArrayList;
import java.util.List;

/// Values to other places: exact in every type, of any number of axes.
public final class LayoutCases {

    private static final List<DType> OTHERS = List.of(DType.U8, DType.I64);

    private LayoutCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            all.add(permute(type, Shape.of(33, 65), List.of(1, 0)));
            all.add(permute(type, Shape.of(2, 3, 4, 5, 6, 7), List.of(5, 3, 1, 0, 2, 4)));
            all.add(permute(type, Shape.of(0, 3), List.of(1, 0)));
            all.add(columns(type));
            all.add(repeated(type));
            all.add(putRows(type, 3, 7));
            all.add(putRows(type, 40, 64));
            all.add(putRows(type, 0, 8));
        }
        for (DType type : OTHERS) all.add(bytes(type));
        return all;
    }

    private static KernelCase permute(DType type, Shape shape, List<Integer> order) {
        return KernelCase.of("layout_copy of %s as %s".formatted(shape, order), type, 0, in -> {
            int[] dims = order.stream().mapToInt(shape::dim).toArray();
            Tensor y = in.out(dims);
            in.kernels().layout().permute(in.data(1, shape.toArray()), order, y);
            return List.of(y);
        });
    }

    /// Columns 2 to 5 of one matrix to columns 4 to 7 of another.
    private static KernelCase columns(DType type) {
        return KernelCase.of("layout_copy of columns", type, 0, in -> {
            Tensor x = in.data(1, 37, 9);
            Tensor y = in.data(2, 37, 11);
            Strides from = Strides.of(x.shape()).from(1, 2);
            in.kernels()
                    .layout()
                    .copy(Shape.of(37, 3), x, from, y, Strides.of(y.shape()).from(1, 4));
            return List.of(y);
        });
    }

    /// One value per row, to all columns.
    private static KernelCase repeated(DType type) {
        return KernelCase.of("layout_copy of repeated values", type, 0, in -> {
            Tensor y = in.out(37, 9);
            Strides once = new Strides(0, List.of(1, 0));
            in.kernels().layout().copy(y.shape(), in.data(1, 37), once, y, Strides.of(y.shape()));
            return List.of(y);
        });
    }

    private static KernelCase putRows(DType type, int n, int c) {
        return KernelCase.of("layout_put_rows [%d, %d]".formatted(n, c), type, 0, in -> {
            Tensor y = in.data(2, 2 * n + 1, c);
            int[] ids = new int[n];
            for (int i = 0; i < n; i++) ids[i] = 2 * (n - i); // none twice, from the last row up
            in.kernels().layout().putRows(in.ints(ids), in.data(1, n, c), y);
            return List.of(y);
        });
    }

    /// Values of one and of eight bytes, looked at as floats.
    private static KernelCase bytes(DType type) {
        int floats = 24 * type.blockBytes() / Float.BYTES;
        return KernelCase.of("layout of " + type, DType.F32, 0, in -> {
            Tensor x = as(type, in.data(1, floats), 4, 6);
            Tensor y = in.out(floats);
            Tensor put = in.data(2, floats);
            in.kernels().layout().permute(x, List.of(1, 0), as(type, y, 6, 4));
            in.kernels().layout().putRows(in.ints(2, 0), x.rows(0, 2), as(type, put, 4, 6));
            return List.of(y, put);
        });
    }

    private static Tensor as(DType type, Tensor floats, int n, int c) {
        return new Tensor(floats.data(), type, Shape.of(n, c));
    }
}
