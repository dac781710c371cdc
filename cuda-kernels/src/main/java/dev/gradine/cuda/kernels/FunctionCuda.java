package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.FunctionKernel;
import dev.gradine.tensor.kernel.Per;
import org.jspecify.annotations.Nullable;

/// Launches `function.cu`, which has an entry of the name of each function.
final class FunctionCuda implements FunctionKernel {

    private static final String STEM = "function";
    private static final long NONE = 0; // address of a gradient that is not wanted

    private final Gpu gpu;

    FunctionCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void apply(Fn f, float a, float b, Tensor x, Tensor y) {
        require(f.id(), "x", x, Data.type(f.id(), "y", y), y.size());
        launch(f.id(), y, x, y, a, b, y.size());
    }

    @Override
    public void applyBackward(Fn f, float a, float b, Tensor dy, Tensor kept, Tensor dx) {
        DType type = Data.type(f.id(), "dx", dx);
        require(f.id(), "dy", dy, type, dx.size());
        require(f.id(), f.keeps() == Fn.Keeps.Y ? "y" : "x", kept, type, dx.size());
        launch(f.id() + "_backward", dx, dy, kept, dx, a, b, dx.size());
    }

    @Override
    public void combine(Fn2 f, Per per, Tensor a, Tensor b, Tensor y) {
        int n = y.size();
        DType type = Data.type(f.id(), "y", y);
        require(f.id(), "a", a, type, n);
        requireSecond(f, per, b, n, type);
        if (per == Per.VALUE) launch(f.id(), y, a, b, y, n);
        else launch(f.id() + "_per", y, a, b, y, columns(per), per.width(n, b.size()), n);
    }

    @Override
    public void combineBackward(
            Fn2 f, Per per, Tensor dy, Tensor a, Tensor b, @Nullable Tensor da, @Nullable Tensor db) {
        int n = dy.size();
        DType type = Data.type(f.id(), "dy", dy);
        requireSecond(f, per, b, n, type);
        require(f.id(), "a", a, type, n);
        if (da != null) require(f.id(), "da", da, type, n);
        if (db != null) require(f.id(), "db", db, type, n);
        Object left = da == null ? NONE : da;
        Object right = db == null ? NONE : db;
        if (per == Per.VALUE) launch(f.id() + "_backward", dy, dy, a, b, left, right, n);
        else launch(f.id() + "_backward_per", dy, dy, a, b, left, right, columns(per), per.width(n, b.size()), n);
    }

    private static void requireSecond(Fn2 f, Per per, Tensor b, int n, DType type) {
        FunctionKernel.requireSecond(f, per, b, n);
        require(f.id(), "b", b, per == Per.VALUE ? type : DType.F32, b.size());
    }

    private static int columns(Per per) {
        return per == Per.COLUMN ? 1 : 0;
    }

    private void launch(String entry, Tensor like, Object... arguments) {
        if (like.size() == 0) return;
        DType type = like.dtype();
        gpu.launch(Data.kernel(STEM, entry, type), Grids.values(gpu, like.size(), type), arguments);
    }
}
