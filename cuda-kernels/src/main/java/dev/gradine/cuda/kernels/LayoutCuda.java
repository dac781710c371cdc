package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;
import static dev.gradine.tensor.kernel.Operands.requireRows;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LayoutKernel;
import dev.gradine.tensor.kernel.Strides;
import java.util.ArrayList;
import java.util.List;

/// Launches `layout.cu`, by the bytes of a value.
final class LayoutCuda implements LayoutKernel {

    private static final String PUT = "put_rows";
    private static final int AXES = 6;

    private final Gpu gpu;

    LayoutCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void copy(Shape extents, Tensor x, Strides from, Tensor y, Strides to) {
        LayoutKernel.require(extents, x, from, y, to);
        List<Object> arguments = new ArrayList<>(List.of(x, y));
        List<Integer> dims = new ArrayList<>();
        for (int d : extents.toArray()) dims.add(d);
        arguments.addAll(padded(dims, 1).subList(1, AXES));
        for (Strides s : List.of(from, to)) {
            arguments.add(s.offset());
            arguments.addAll(padded(s.steps(), 0));
        }
        arguments.add(extents.size());
        launch("copy", x, extents.size(), arguments);
    }

    /// Six numbers: those of the axes, after `filler` for the axes there are not.
    private static List<Integer> padded(List<Integer> axes, int filler) {
        List<Integer> all = new ArrayList<>(axes);
        while (all.size() < AXES) all.addFirst(filler);
        return all;
    }

    @Override
    public void putRows(Tensor ids, Tensor x, Tensor y) {
        LayoutKernel.requireType(PUT, x, y);
        int c = y.shape().last();
        requireRows(PUT, "x", x, c);
        require(PUT, "ids", ids, DType.I32, x.shape().rows());
        launch("put_rows", x, x.size(), List.of(ids, x, y, y.shape().rows(), c, x.size()));
    }

    private void launch(String entry, Tensor x, int n, List<Object> arguments) {
        if (n == 0) return;
        Kernel kernel = new Kernel("layout", "layout_" + entry + "_" + x.dtype().blockBytes());
        gpu.launch(kernel, Grids.values(gpu, n, DType.F32), arguments.toArray());
    }
}
