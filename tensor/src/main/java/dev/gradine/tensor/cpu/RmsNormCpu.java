package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.RmsNormKernel;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Root-mean-square normalisation. A row is read from memory once, and again from the nearest cache.
///
/// ```
/// y  = x · r · w          r = 1 / sqrt(mean(x²) + eps)
/// dx = r · w·dy − x · r³ · mean(x·w·dy)
/// dw = Σ_rows x · r · dy
/// ```
final class RmsNormCpu implements RmsNormKernel {

    static final RmsNormKernel KERNEL = new RmsNormCpu();

    private static final String OP = "rms_norm";

    private RmsNormCpu() {}

    @Override
    public void forward(Tensor x, Tensor w, float eps, Tensor y, Tensor rstd) {
        int c = x.shape().last();
        int n = x.shape().rows();
        long in = Operand.read(OP, "x", x, x.size());
        long weight = Operand.read(OP, "w", w, c);
        long out = Operand.write(OP, "y", y, x.size());
        long r = Operand.write(OP, "rstd", rstd, n);
        Chunks.rows(n, c, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = 4L * row * c;
                float scale = (float) (1 / Math.sqrt(Vectors.dot(in + at, in + at, c) / (double) c + eps));
                set(r, row, scale);
                normalise(in + at, weight, scale, out + at, c);
            }
        });
    }

    private static void normalise(long x, long w, float r, long y, int c) {
        FloatVector rs = FloatVector.broadcast(F, r);
        int i = 0;
        for (; i <= c - LANES; i += LANES) store(load(x, i).mul(rs).mul(load(w, i)), y, i);
        for (; i < c; i++) set(y, i, get(x, i) * r * get(w, i));
    }

    @Override
    public void backward(Tensor dy, Tensor x, Tensor w, Tensor rstd, Tensor dx, @Nullable Tensor dw) {
        int c = x.shape().last();
        int n = x.shape().rows();
        long d = Operand.read(OP, "dy", dy, x.size());
        long in = Operand.read(OP, "x", x, x.size());
        long weight = Operand.read(OP, "w", w, c);
        long r = Operand.read(OP, "rstd", rstd, n);
        long out = Operand.write(OP, "dx", dx, x.size());
        if (dw != null) { // before dx, which may be dy; in one loop with it the compiler boxed vectors
            long total = Operand.write(OP, "dw", dw, c);
            long sums = RowBlocks.sums(n, c, (from, to, sum) -> {
                for (int row = from; row < to; row++) {
                    addWeightGradient(d + 4L * row * c, in + 4L * row * c, get(r, row), sum, c);
                }
            });
            RowBlocks.add(sums, total, 0, c);
        }
        Chunks.rows(n, 2L * c, (from, to) -> inputGradients(d, in, weight, r, out, c, from, to));
    }

    private static void inputGradients(long dy, long x, long w, long rstd, long dx, int c, int from, int to) {
        for (int row = from; row < to; row++) {
            long at = 4L * row * c;
            inputGradient(dy + at, x + at, w, get(rstd, row), dx + at, c);
        }
    }

    private static void inputGradient(long dy, long x, long w, float r, long dx, int c) {
        float pull = -r * r * r * (dotOfThree(dy, x, w, c) / c);
        FloatVector pulls = FloatVector.broadcast(F, pull);
        FloatVector rs = FloatVector.broadcast(F, r);
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            FloatVector push = load(dy, i).mul(load(w, i)).mul(rs);
            store(load(x, i).fma(pulls, push), dx, i);
        }
        for (; i < c; i++) set(dx, i, Math.fma(get(x, i), pull, r * get(w, i) * get(dy, i)));
    }

    private static float dotOfThree(long dy, long x, long w, int c) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= c - LANES; i += LANES) sum = load(x, i).mul(load(w, i)).fma(load(dy, i), sum);
        float rest = 0;
        for (; i < c; i++) rest = Math.fma(get(x, i) * get(w, i), get(dy, i), rest);
        return Vectors.sum(sum) + rest;
    }

    private static void addWeightGradient(long dy, long x, float r, long dw, int c) {
        FloatVector rs = FloatVector.broadcast(F, r);
        int i = 0;
        for (; i <= c - LANES; i += LANES) store(load(x, i).mul(rs).fma(load(dy, i), load(dw, i)), dw, i);
        for (; i < c; i++) set(dw, i, Math.fma(get(x, i) * r, get(dy, i), get(dw, i)));
    }
}
