package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LayerNormKernel;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Layer normalisation: rows in parallel for `y` and `dx`, columns in parallel for `dw` and `db`.
///
/// ```
/// z  = (x − mean) · r        r = 1 / sqrt(var + eps)        y = z · w + b
/// dx = r · (w·dy − mean(w·dy) − z · mean(w·dy·z))
/// dw = Σ_rows dy · z         db = Σ_rows dy
/// ```
final class LayerNormCpu implements LayerNormKernel {

    static final LayerNormKernel KERNEL = new LayerNormCpu();

    private LayerNormCpu() {}

    @Override
    public void forward(Tensor x, Tensor w, Tensor b, float eps, Tensor y, Tensor mean, Tensor rstd) {
        assert x.shape().last() == w.size() && b.size() == w.size() && y.size() == x.size();
        MemorySegment in = x.data();
        MemorySegment weight = w.data();
        MemorySegment bias = b.data();
        MemorySegment out = y.data();
        MemorySegment means = mean.data();
        MemorySegment r = rstd.data();
        int c = w.size();
        Chunks.rows(rstd.size(), 2L * c, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = (long) row * c;
                float m = Vectors.sum(in, at, c) / c;
                float scale = (float) (1 / Math.sqrt(squaredDistance(in, m, at, c) / (double) c + eps));
                set(means, row, m);
                set(r, row, scale);
                normalise(in, m, scale, weight, bias, out, at, c);
            }
        });
    }

    private static float squaredDistance(MemorySegment x, float mean, long at, int c) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            FloatVector d = load(x, at + i).sub(mean);
            sum = d.fma(d, sum);
        }
        float rest = 0;
        for (; i < c; i++) {
            float d = get(x, at + i) - mean;
            rest = Math.fma(d, d, rest);
        }
        return Vectors.sum(sum) + rest;
    }

    private static void normalise(
            MemorySegment x, float mean, float r, MemorySegment w, MemorySegment b, MemorySegment y, long at, int c) {
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            store(load(x, at + i).sub(mean).mul(r).fma(load(w, i), load(b, i)), y, at + i);
        }
        for (; i < c; i++) set(y, at + i, Math.fma((get(x, at + i) - mean) * r, get(w, i), get(b, i)));
    }

    @Override
    public void backward(
            Tensor dy,
            Tensor x,
            Tensor w,
            Tensor mean,
            Tensor rstd,
            Tensor dx,
            @Nullable Tensor dw,
            @Nullable Tensor db) {
        assert x.shape().last() == w.size() && dy.size() == x.size() && dx.size() == x.size();
        int c = w.size();
        int n = rstd.size();
        if (dw != null) addWeightGradient(dy, x, mean, rstd, dw); // before dx, which may be dy
        if (db != null) ReduceCpu.KERNEL.addColumnSums(dy, db);
        MemorySegment d = dy.data();
        MemorySegment in = x.data();
        MemorySegment weight = w.data();
        MemorySegment means = mean.data();
        MemorySegment r = rstd.data();
        MemorySegment out = dx.data();
        Chunks.rows(n, 3L * c, (from, to) -> {
            for (int row = from; row < to; row++) {
                inputGradient(d, in, weight, get(means, row), get(r, row), out, (long) row * c, c);
            }
        });
    }

    private static void inputGradient(
            MemorySegment dy, MemorySegment x, MemorySegment w, float mean, float r, MemorySegment dx, long at, int c) {
        FloatVector sums = FloatVector.zero(F);
        FloatVector dots = FloatVector.zero(F);
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            FloatVector g = load(dy, at + i).mul(load(w, i));
            sums = sums.add(g);
            dots = load(x, at + i).sub(mean).mul(r).fma(g, dots);
        }
        float sum = 0;
        float dot = 0;
        for (; i < c; i++) {
            float g = get(dy, at + i) * get(w, i);
            sum += g;
            dot = Math.fma((get(x, at + i) - mean) * r, g, dot);
        }
        float meanG = (Vectors.sum(sums) + sum) / c;
        float meanGz = (Vectors.sum(dots) + dot) / c;
        FloatVector pull = FloatVector.broadcast(F, -meanGz);
        for (i = 0; i <= c - LANES; i += LANES) {
            FloatVector z = load(x, at + i).sub(mean).mul(r);
            FloatVector g = load(dy, at + i).mul(load(w, i)).sub(meanG);
            store(z.fma(pull, g).mul(r), dx, at + i);
        }
        for (; i < c; i++) {
            float z = (get(x, at + i) - mean) * r;
            set(dx, at + i, Math.fma(z, -meanGz, get(dy, at + i) * get(w, i) - meanG) * r);
        }
    }

    private static void addWeightGradient(Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor dw) {
        MemorySegment d = dy.data();
        MemorySegment in = x.data();
        MemorySegment means = mean.data();
        MemorySegment r = rstd.data();
        MemorySegment out = dw.data();
        int c = dw.size();
        int n = rstd.size();
        Columns.forEach(c, n, (from, to) -> {
            int i = from;
            for (; i <= to - LANES; i += LANES) {
                FloatVector sum = FloatVector.zero(F);
                for (int row = 0; row < n; row++) {
                    long at = (long) row * c + i;
                    sum = load(in, at).sub(get(means, row)).mul(get(r, row)).fma(load(d, at), sum);
                }
                store(load(out, i).add(sum), out, i);
            }
            for (; i < to; i++) set(out, i, get(out, i) + weightGradient(d, in, means, r, i, n, c));
        });
    }

    private static float weightGradient(
            MemorySegment dy, MemorySegment x, MemorySegment mean, MemorySegment rstd, int column, int n, int c) {
        float sum = 0;
        for (int row = 0; row < n; row++) {
            long at = (long) row * c + column;
            sum = Math.fma((get(x, at) - get(mean, row)) * get(rstd, row), get(dy, at), sum);
        }
        return sum;
    }
}
