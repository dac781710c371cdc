package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;

/// Launches `nf4.cu` and `int8.cu`: values of a type with scales become F32 or BF16. Codes of four bits are
/// multiplied by magnitudes that are f32 or, double-quantised, codes of eight bits over f32; what is nested
/// deeper is decoded level by level.
final class Nf4Cuda {

    private static final String OP = "nf4";
    private static final int THREADS = 256;

    private final Gpu gpu;
    private final Workspace magnitudes;
    private final Workspace values;
    private final Map<DType, Long> tables = new EnumMap<>(DType.class); // where a type's numbers lie

    Nf4Cuda(Gpu gpu) {
        this.gpu = gpu;
        this.magnitudes = new Workspace(gpu);
        this.values = new Workspace(gpu);
    }

    /// Overwrites `y`, of type F32 or BF16, with the values of `t`.
    ///
    /// @param y a tensor or an address
    void decode(Tensor t, Object y, DType type) {
        int n = t.size();
        if (n == 0) return;
        Grid grid = Grids.values(gpu, n, DType.BF16);
        Tensor absmax = t.scales().magnitudes();
        if (t.dtype() == DType.INT8) {
            Kernel kernel = new Kernel("int8", "int8" + Data.suffix(type));
            gpu.launch(kernel, grid, t, magnitudes(t), t.scales().block(), y, n);
        } else if (t.dtype().blockSize() == 1) {
            Object m = magnitudes(t);
            Kernel kernel = Data.kernel(OP, "dynamic8", type);
            gpu.launch(kernel, grid, t, table(t.dtype()), m, t.scales().offset(), bits(t), y, n);
        } else if (isNested(absmax)) {
            Tensor nested = absmax.scales().magnitudes();
            Object map = table(absmax.dtype());
            float offset = absmax.scales().offset();
            Kernel kernel = Data.kernel(OP, "nested", type);
            gpu.launch(kernel, grid, t, table(t.dtype()), absmax, nested, map, offset, bits(t), y, n);
        } else {
            gpu.launch(new Kernel(OP, OP + Data.suffix(type)), grid, t, table(t.dtype()), magnitudes(t), bits(t), y, n);
        }
    }

    /// Whether magnitudes are codes that the kernel for double quantisation reads: in blocks of 256, of f32.
    private static boolean isNested(Tensor absmax) {
        return absmax.dtype() == DType.DYNAMIC8
                && absmax.scales().block() == 256
                && absmax.scales().magnitudes().dtype() == DType.F32;
    }

    /// The values of `t` as f32, until the next call.
    @SuppressWarnings("restricted") // of the size that was allocated
    Tensor f32(Tensor t) {
        long bytes = 4L * t.size();
        long to = values.room(Math.max(1, bytes));
        decode(t, to, DType.F32);
        return new Tensor(MemorySegment.ofAddress(to).reinterpret(bytes), DType.F32, t.shape());
    }

    /// The magnitudes of `t` in f32, a tensor or an address, until the next call.
    Object magnitudes(Tensor t) {
        Tensor m = t.scales().magnitudes();
        if (m.dtype() == DType.F32) return m;
        if (m.scales().magnitudes().dtype() != DType.F32) {
            throw new IllegalArgumentException(
                    "nf4: magnitudes of " + t + " are nested twice, expected once at most on this device");
        }
        long to = magnitudes.room(4L * m.size());
        decode(m, to, DType.F32);
        return to;
    }

    /// Overwrites row n of `y` with row `ids[n]` of a table of four bits a value.
    void indexSelect(Tensor ids, Tensor table, Tensor y) {
        DType type = Data.type("index_select", "y", y);
        int c = y.shape().last();
        int n = y.shape().rows();
        require("index_select", "ids", ids, DType.I32, n);
        if (n == 0) return;
        Grid grid = Grids.rows(gpu, n, c, 4, THREADS);
        Kernel kernel = Data.kernel(OP, "index_select", type);
        Object m = magnitudes(table);
        gpu.launch(
                kernel,
                grid,
                ids,
                table,
                table(table.dtype()),
                m,
                bits(table),
                y,
                n,
                c,
                table.shape().rows());
    }

    /// The block of a value is its number shifted right by this.
    static int bits(Tensor t) {
        return t.scales().shift();
    }

    /// Where the numbers of a type's codes lie; uploaded at the first call.
    Object table(DType dtype) {
        return tables.computeIfAbsent(dtype, _ -> {
            float[] numbers = CodeTable.of(dtype);
            try (Arena arena = Arena.ofConfined()) {
                Tensor host = Tensor.of(arena, Shape.of(numbers.length), numbers);
                long to = gpu.allocate(host.bytes());
                gpu.upload(host.data(), to);
                return to;
            }
        });
    }
}
