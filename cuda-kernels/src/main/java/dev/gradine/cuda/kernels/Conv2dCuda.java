package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.DenseGemm;
import dev.gradine.gpu.DeviceMemory;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Conv2dKernel;
import dev.gradine.tensor.kernel.Conv2dShapes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolution as matrix products, a block of window positions at a time, between kernels of `conv2d.cu` that bring
/// images to columns and back. So it gets the tensor cores and the kernels of `MatMulCuda`.
///
/// A weight of another type than x becomes that type first, once per call. With bf16 images a value of dx that windows
/// of two blocks cover is rounded twice.
final class Conv2dCuda implements Conv2dKernel {

    private static final String OP = "conv2d";
    private static final int VALUES = 64 << 20; // under the windows of a block: 256 MB of f32

    private final Gpu gpu;
    private final MatMulCuda matMul;
    private final ConvertCuda convert;
    private final int values;
    private final WorkMatrix columns;
    private final WorkMatrix results;
    private final WorkMatrix weights;

    /// @param vendor whose products are used where it takes the types: one, or none
    Conv2dCuda(Gpu gpu, List<DenseGemm> vendor) {
        this(gpu, vendor, VALUES);
    }

    /// @param values under the windows of a block
    Conv2dCuda(Gpu gpu, List<DenseGemm> vendor, int values) {
        this.gpu = gpu;
        this.matMul = new MatMulCuda(gpu, vendor);
        this.convert = new ConvertCuda(gpu);
        this.values = values;
        this.columns = new WorkMatrix(gpu);
        this.results = new WorkMatrix(gpu);
        this.weights = new WorkMatrix(gpu);
    }

    @Override
    public void forward(Tensor x, Tensor w, Tensor b, Windows windows, Tensor y) {
        DType type = Data.type(OP, "x", x);
        Conv2dShapes s = new Conv2dShapes(x.shape(), w.shape(), windows);
        s.requireResult("y", y);
        require(OP, "b", b, DType.F32, s.outputs());
        require(OP, "y", y, type, y.size());
        Conv2dLaunches launch = new Conv2dLaunches(gpu, s, type);
        Tensor weight = weight(w, s, type);
        launch.forEachBlock(values, block -> {
            Tensor under = columns.of(type, s.windowValues(), block.n());
            Tensor result = results.of(DType.F32, s.groupOutputs(), block.n());
            launch.columns(block, x, under);
            matMul.nn(launch.ofGroup(weight, block), under, 1, false, result);
            launch.place(block, result, b, y);
        });
    }

    @Override
    public void inputGradient(Tensor dy, Tensor w, Windows windows, Tensor dx) {
        DType type = Data.type(OP, "dx", dx);
        Conv2dShapes s = new Conv2dShapes(dx.shape(), w.shape(), windows);
        s.requireResult("dy", dy);
        require(OP, "dy", dy, type, dy.size());
        if (dx.size() > 0) gpu.fill(DeviceMemory.address(dx), (byte) 0, dx.bytes());
        Conv2dLaunches launch = new Conv2dLaunches(gpu, s, type);
        Tensor weight = weight(w, s, type);
        launch.forEachBlock(values, block -> {
            Tensor under = columns.of(DType.F32, s.windowValues(), block.n());
            Tensor result = results.of(type, s.groupOutputs(), block.n());
            launch.take(block, dy, result);
            matMul.tn(launch.ofGroup(weight, block), result, 1, false, under);
            launch.add(block, under, dx);
        });
    }

    @Override
    public void parameterGradients(Tensor dy, Tensor x, Windows windows, @Nullable Tensor dw, @Nullable Tensor db) {
        DType type = Data.type(OP, "dy", dy);
        if (db != null) {
            require(OP, "db", db, DType.F32, dy.shape().dim(1));
            Conv2dLaunches.bias(gpu, dy, db);
        }
        if (dw == null) return;
        Conv2dShapes s = new Conv2dShapes(x.shape(), dw.shape(), windows);
        s.requireResult("dy", dy);
        require(OP, "x", x, type, x.size());
        require(OP, "dw", dw, DType.F32, dw.size());
        Conv2dLaunches launch = new Conv2dLaunches(gpu, s, type);
        Tensor weight = dw.reshape(Conv2dLaunches.matrix(s));
        launch.forEachBlock(values, block -> {
            Tensor under = columns.of(type, s.windowValues(), block.n());
            Tensor result = results.of(type, s.groupOutputs(), block.n());
            launch.columns(block, x, under);
            launch.take(block, dy, result);
            matMul.nt(result, under, 1, true, launch.ofGroup(weight, block));
        });
    }

    /// The weight as `[O,K]` of the type of x.
    private Tensor weight(Tensor w, Conv2dShapes s, DType type) {
        if (w.dtype() == type) return w.reshape(Conv2dLaunches.matrix(s));
        Tensor converted = weights.of(type, s.outputs(), s.windowValues());
        convert.copy(w, converted);
        return converted;
    }
}
