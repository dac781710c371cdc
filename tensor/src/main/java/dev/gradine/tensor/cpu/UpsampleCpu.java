package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.UpsampleKernel;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Enlarged images, plane by plane: first between the rows, then within the row, since both modes are products of one
/// factor for the row and one for the column. One thread has a plane, so its sums have one order.
///
/// ```
/// y[d, e] = Σ_i Σ_j U[d, i] · V[e, j] · x[i, j]          U, V: two taps for each output, as in `UpsampleTaps`
/// dx = Uᵀ dy V
/// ```
final class UpsampleCpu implements UpsampleKernel {

    static final UpsampleKernel KERNEL = new UpsampleCpu();

    private static final String OP = "upsample";

    private UpsampleCpu() {}

    @Override
    public void forward(Tensor x, Enlargement by, Tensor y) {
        Planes planes = Planes.of(x, by);
        long in = Operand.read(OP, "x", x, x.size());
        long out = Operand.write(OP, "y", y, by.of(x.shape()).size());
        Chunks.rows(planes.count, planes.large(), (from, to) -> {
            for (int p = from; p < to; p++) planes.enlarge(in + 4L * p * planes.small(), out + 4L * p * planes.large());
        });
    }

    @Override
    public void backward(Tensor dy, Enlargement by, Tensor dx) {
        Planes planes = Planes.of(dx, by);
        long up = Operand.read(OP, "dy", dy, by.of(dx.shape()).size());
        long out = Operand.write(OP, "dx", dx, dx.size());
        Chunks.rows(planes.count, planes.large(), (from, to) -> {
            for (int p = from; p < to; p++) planes.gather(up + 4L * p * planes.large(), out + 4L * p * planes.small());
        });
    }

    /// @param count planes: images times channels
    private record Planes(int count, UpsampleTaps rows, UpsampleTaps columns) {

        static Planes of(Tensor x, Enlargement by) {
            int h = x.shape().dim(2);
            int w = x.shape().dim(3);
            return new Planes(x.shape().dim(0) * x.shape().dim(1), new UpsampleTaps(by, h), new UpsampleTaps(by, w));
        }

        int small() {
            return rows.inputs() * columns.inputs();
        }

        int large() {
            return rows.outputs() * columns.outputs();
        }

        void enlarge(long x, long y) {
            int w = columns.inputs();
            int wide = columns.outputs();
            long between = Scratch.own().ownPanels(w);
            for (int d = 0; d < rows.outputs(); d++) {
                long to = y + 4L * d * wide;
                long first = x + 4L * rows.first(d) * w;
                if (rows.repeats(d)) {
                    MemorySegment.copy(MEMORY, to - 4L * wide, MEMORY, to, 4L * wide);
                } else if (rows.weight(d) == 0) {
                    columns.spread(first, to);
                } else {
                    mix(first, x + 4L * rows.second(d) * w, rows.weight(d), between, w);
                    columns.spread(between, to);
                }
            }
        }

        void gather(long dy, long dx) {
            int w = columns.inputs();
            long row = Scratch.own().ownPanels(w);
            Vectors.fill(dx, small(), 0);
            for (int d = 0; d < rows.outputs(); d++) {
                Vectors.fill(row, w, 0);
                columns.gather(dy + 4L * d * columns.outputs(), row);
                float weight = rows.weight(d);
                addScaled(row, 1 - weight, dx + 4L * rows.first(d) * w, w);
                if (weight != 0) addScaled(row, weight, dx + 4L * rows.second(d) * w, w);
            }
        }
    }

    /// `y = (1 − weight) · a + weight · b`
    private static void mix(long a, long b, float weight, long y, int n) {
        FloatVector first = FloatVector.broadcast(F, 1 - weight);
        FloatVector second = FloatVector.broadcast(F, weight);
        int i = 0;
        for (; i <= n - LANES; i += LANES)
            store(load(a, i).fma(first, load(b, i).mul(second)), y, i);
        for (; i < n; i++) set(y, i, Math.fma(get(a, i), 1 - weight, get(b, i) * weight));
    }

    /// `y += factor · x`
    private static void addScaled(long x, float factor, long y, int n) {
        FloatVector factors = FloatVector.broadcast(F, factor);
        int i = 0;
        for (; i <= n - LANES; i += LANES) store(load(x, i).fma(factors, load(y, i)), y, i);
        for (; i < n; i++) set(y, i, Math.fma(get(x, i), factor, get(y, i)));
    }
}
