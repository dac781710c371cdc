package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.dot;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.RmsNormKernel;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Root-mean-square normalisation: rows in parallel for `y` and `dx`, columns in parallel for `dw`.
///
/// ```
/// y  = x · r · w          r = 1 / sqrt(mean(x²) + eps)
/// dx = r · w·dy − x · r³ · mean(x·w·dy)
/// dw = Σ_rows x · r · dy
/// ```
final class RmsNormCpu implements RmsNormKernel {

    static final RmsNormKernel KERNEL = new RmsNormCpu();

    private RmsNormCpu() {}

    @Override
    public void forward(Tensor x, Tensor w, float eps, Tensor y, Tensor rstd) {
        assert x.shape().last() == w.size()
                && y.size() == x.size()
                && rstd.size() == x.shape().rows();
        MemorySegment in = x.data();
        MemorySegment weight = w.data();
        MemorySegment out = y.data();
        MemorySegment r = rstd.data();
        int c = w.size();
        Chunks.rows(rstd.size(), c, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = (long) row * c;
                float scale = (float) (1 / Math.sqrt(dot(in, at, in, at, c) / (double) c + eps));
                set(r, row, scale);
                normalise(in, weight, scale, out, at, c);
            }
        });
    }

    private static void normalise(MemorySegment x, MemorySegment w, float r, MemorySegment y, long at, int c) {
        int i = 0;
        for (; i <= c - LANES; i += LANES) store(load(x, at + i).mul(r).mul(load(w, i)), y, at + i);
        for (; i < c; i++) set(y, at + i, get(x, at + i) * r * get(w, i));
    }

    @Override
    public void backward(Tensor dy, Tensor x, Tensor w, Tensor rstd, Tensor dx, @Nullable Tensor dw) {
        assert x.shape().last() == w.size() && dy.size() == x.size() && dx.size() == x.size();
        MemorySegment d = dy.data();
        MemorySegment in = x.data();
        MemorySegment weight = w.data();
        MemorySegment r = rstd.data();
        MemorySegment out = dx.data();
        int c = w.size();
        int n = rstd.size();
        if (dw != null) { // before dx, which may be dy
            MemorySegment sums = dw.data();
            Columns.forEach(c, n, (from, to) -> addWeightGradient(d, in, r, sums, n, c, from, to));
        }
        Chunks.rows(n, 2L * c, (from, to) -> {
            for (int row = from; row < to; row++) inputGradient(d, in, weight, get(r, row), out, (long) row * c, c);
        });
    }

    private static void inputGradient(
            MemorySegment dy, MemorySegment x, MemorySegment w, float r, MemorySegment dx, long at, int c) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            sum = load(x, at + i).mul(load(w, i)).fma(load(dy, at + i), sum);
        }
        float s = 0;
        for (; i < c; i++) s = Math.fma(get(x, at + i) * get(w, i), get(dy, at + i), s);
        float mean = (Vectors.sum(sum) + s) / c;
        float pull = -r * r * r * mean;
        FloatVector pulls = FloatVector.broadcast(F, pull);
        for (i = 0; i <= c - LANES; i += LANES) {
            FloatVector push = load(dy, at + i).mul(load(w, i)).mul(r);
            store(load(x, at + i).fma(pulls, push), dx, at + i);
        }
        for (; i < c; i++) set(dx, at + i, Math.fma(get(x, at + i), pull, r * get(w, i) * get(dy, at + i)));
    }

    private static void addWeightGradient(
            MemorySegment dy, MemorySegment x, MemorySegment rstd, MemorySegment dw, int n, int c, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector sum = FloatVector.zero(F);
            for (int row = 0; row < n; row++) {
                long at = (long) row * c + i;
                sum = load(x, at).mul(get(rstd, row)).fma(load(dy, at), sum);
            }
            store(load(dw, i).add(sum), dw, i);
        }
        for (; i < to; i++) {
            float sum = 0;
            for (int row = 0; row < n; row++) {
                long at = (long) row * c + i;
                sum = Math.fma(get(x, at) * get(rstd, row), get(dy, at), sum);
            }
            set(dw, i, get(dw, i) + sum);
        }
    }
}
