package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LayerNormKernel;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Layer normalisation. A row is read from memory once, and again from the nearest cache.
///
/// ```
/// z  = (x − mean) · r        r = 1 / sqrt(var + eps)        y = z · w + b
/// dx = r · (w·dy − mean(w·dy) − z · mean(w·dy·z))
/// dw = Σ_rows dy · z         db = Σ_rows dy
/// ```
final class LayerNormCpu implements LayerNormKernel {

    static final LayerNormKernel KERNEL = new LayerNormCpu();

    private static final String OP = "layer_norm";

    private LayerNormCpu() {}

    @Override
    public void forward(Tensor x, Tensor w, Tensor b, float eps, Tensor y, Tensor mean, Tensor rstd) {
        int c = x.shape().last();
        int n = x.shape().rows();
        long in = Operand.read(OP, "x", x, x.size());
        long weight = Operand.read(OP, "w", w, c);
        long bias = Operand.read(OP, "b", b, c);
        long out = Operand.write(OP, "y", y, x.size());
        long means = Operand.write(OP, "mean", mean, n);
        long r = Operand.write(OP, "rstd", rstd, n);
        Chunks.rows(n, 2L * c, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = 4L * row * c;
                float m = Vectors.sum(in + at, c) / c;
                float scale = (float) (1 / Math.sqrt(squaredDistance(in + at, m, c) / (double) c + eps));
                set(means, row, m);
                set(r, row, scale);
                normalise(in + at, m, scale, weight, bias, out + at, c);
            }
        });
    }

    static float squaredDistance(long x, float mean, int c) {
        FloatVector means = FloatVector.broadcast(F, mean);
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            FloatVector d = load(x, i).sub(means);
            sum = d.fma(d, sum);
        }
        float rest = 0;
        for (; i < c; i++) {
            float d = get(x, i) - mean;
            rest = Math.fma(d, d, rest);
        }
        return Vectors.sum(sum) + rest;
    }

    private static void normalise(long x, float mean, float r, long w, long b, long y, int c) {
        FloatVector means = FloatVector.broadcast(F, mean);
        FloatVector rs = FloatVector.broadcast(F, r);
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            store(load(x, i).sub(means).mul(rs).fma(load(w, i), load(b, i)), y, i);
        }
        for (; i < c; i++) set(y, i, Math.fma((get(x, i) - mean) * r, get(w, i), get(b, i)));
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
        int c = x.shape().last();
        Row g = new Row(
                Operand.read(OP, "dy", dy, x.size()),
                Operand.read(OP, "x", x, x.size()),
                Operand.read(OP, "w", w, c),
                Operand.read(OP, "mean", mean, x.shape().rows()),
                Operand.read(OP, "rstd", rstd, x.shape().rows()),
                Operand.write(OP, "dx", dx, x.size()),
                c);
        int n = x.shape().rows();
        if (dw != null || db != null) { // before dx, which may be dy; in one loop with it the compiler boxes vectors
            long weights = dw == null ? 0 : Operand.write(OP, "dw", dw, c);
            long biases = db == null ? 0 : Operand.write(OP, "db", db, c);
            long sums = RowBlocks.sums(n, 2 * c, (from, to, sum) -> {
                for (int row = from; row < to; row++) g.addParameterGradients(row, sum);
            });
            if (dw != null) RowBlocks.add(sums, weights, 0, c);
            if (db != null) RowBlocks.add(sums + 4L * c, biases, 0, c);
        }
        Chunks.rows(n, 3L * c, (from, to) -> {
            for (int row = from; row < to; row++) g.inputGradient(row);
        });
    }

    /// Where the operands of backward begin, for one row of `c` values at a time.
    private record Row(long dy, long x, long w, long mean, long rstd, long dx, int c) {

        void inputGradient(int row) {
            long at = 4L * row * c;
            float m = get(mean, row);
            float r = get(rstd, row);
            float meanG = Vectors.dot(dy + at, w, c) / c;
            float meanGz = dotWithZ(dy + at, x + at, w, m, r, c) / c;
            push(dy + at, x + at, w, m, r, meanG, meanGz, dx + at, c);
        }

        /// Into `c` sums for the weight and `c` for the bias behind them.
        void addParameterGradients(int row, long sums) {
            long at = 4L * row * c;
            addGradients(dy + at, x + at, get(mean, row), get(rstd, row), sums, c);
        }
    }

    private static float dotWithZ(long dy, long x, long w, float mean, float r, int c) {
        FloatVector means = FloatVector.broadcast(F, mean);
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            sum = load(x, i).sub(means).fma(load(dy, i).mul(load(w, i)), sum);
        }
        float rest = 0;
        for (; i < c; i++) rest = Math.fma(get(x, i) - mean, get(dy, i) * get(w, i), rest);
        return (Vectors.sum(sum) + rest) * r;
    }

    private static void push(long dy, long x, long w, float mean, float r, float meanG, float meanGz, long dx, int c) {
        FloatVector means = FloatVector.broadcast(F, mean);
        FloatVector rs = FloatVector.broadcast(F, r);
        FloatVector meansG = FloatVector.broadcast(F, meanG);
        FloatVector pull = FloatVector.broadcast(F, -meanGz);
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            FloatVector z = load(x, i).sub(means).mul(rs);
            FloatVector g = load(dy, i).mul(load(w, i)).sub(meansG);
            store(z.fma(pull, g).mul(rs), dx, i);
        }
        for (; i < c; i++) {
            float z = (get(x, i) - mean) * r;
            set(dx, i, Math.fma(z, -meanGz, get(dy, i) * get(w, i) - meanG) * r);
        }
    }

    private static void addGradients(long dy, long x, float mean, float r, long sums, int c) {
        long db = sums + 4L * c;
        FloatVector means = FloatVector.broadcast(F, mean);
        FloatVector rs = FloatVector.broadcast(F, r);
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            FloatVector d = load(dy, i);
            store(load(x, i).sub(means).mul(rs).fma(d, load(sums, i)), sums, i);
            store(load(db, i).add(d), db, i);
        }
        for (; i < c; i++) {
            float d = get(dy, i);
            set(sums, i, Math.fma((get(x, i) - mean) * r, d, get(sums, i)));
            set(db, i, get(db, i) + d);
        }
    }
}
