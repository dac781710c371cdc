package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;
import static dev.gradine.tensor.kernel.Operands.requireRows;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.IndexSelectKernel;
import java.util.Locale;

/// Launches `index_select.cu`. Tables lie in device memory in the type they have on the host.
final class IndexSelectCuda implements IndexSelectKernel {

    private static final String OP = "index_select";
    private static final int THREADS = 256;

    private final Gpu gpu;
    private final Workspace links;
    private final Nf4Cuda nf4;

    IndexSelectCuda(Gpu gpu) {
        this.gpu = gpu;
        this.nf4 = new Nf4Cuda(gpu);
        this.links = new Workspace(gpu);
    }

    @Override
    public void forward(Tensor ids, Tensor table, Tensor y) {
        int c = y.shape().last();
        requireRows(OP, "table", table, c);
        int n = y.shape().rows();
        DType type = Data.type(OP, "y", y);
        require(OP, "ids", ids, DType.I32, n);
        if (table.dtype().hasScales()) {
            if (table.dtype().blockSize() == 1) forward(ids, nf4.f32(table), y);
            else nf4.indexSelect(ids, table, y);
            return;
        }
        RealType.code(table.dtype());
        if (n == 0) return;
        String from = table.dtype().name().toLowerCase(Locale.ROOT);
        Kernel kernel = Data.kernel(OP, "forward_" + from, type);
        Grid grid = Grids.rows(gpu, n, Data.groups(c, type), 4, THREADS);
        gpu.launch(kernel, grid, ids, table, y, n, c, table.shape().rows());
    }

    @Override
    public void backward(Tensor ids, Tensor dy, Tensor dTable) {
        int c = dy.shape().last();
        requireRows(OP, "dTable", dTable, c);
        int n = dy.shape().rows();
        DType type = Data.type(OP, "dy", dy);
        require(OP, "ids", ids, DType.I32, n);
        require(OP, "dTable", dTable, DType.F32, dTable.size());
        if (n == 0) return;
        long next = links.room((long) n * Integer.BYTES);
        Kernel link = new Kernel(OP, "index_select_links");
        gpu.launch(link, Grid.covering(n, THREADS), ids, next, n, dTable.shape().rows());
        Grid grid = Grids.rows(gpu, n, Data.groups(c, type), 1, THREADS);
        gpu.launch(Data.kernel(OP, "backward", type), grid, ids, next, dy, dTable, n, c);
    }
}
