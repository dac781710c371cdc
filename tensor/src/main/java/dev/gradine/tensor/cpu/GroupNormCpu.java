package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.GroupNormKernel;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Group normalisation. A group's n values lie side by side: its channels one after the other, each a plane of
/// `positions` values.
///
/// ```
/// z  = (x − mean) · r        r = 1 / sqrt(var + eps)        y = z · w_c + b_c
/// dx = r · (w_c·dy − Σ_c w_c·p_c / n − z · Σ_c w_c·q_c / n)        p_c = Σ dy, q_c = Σ dy·z over a plane
/// dw_c = Σ_images q_c        db_c = Σ_images p_c
/// ```
final class GroupNormCpu implements GroupNormKernel {

    static final GroupNormKernel KERNEL = new GroupNormCpu();

    private static final String OP = "group_norm";

    private GroupNormCpu() {}

    @Override
    public void forward(Tensor x, Tensor w, Tensor b, Groups groups, Tensor y, Tensor mean, Tensor rstd) {
        Sizes s = Sizes.of(x, groups.statistics(x.shape()));
        long in = Operand.read(OP, "x", x, x.size());
        long weight = Operand.read(OP, "w", w, s.channels);
        long bias = Operand.read(OP, "b", b, s.channels);
        long out = Operand.write(OP, "y", y, x.size());
        long means = Operand.write(OP, "mean", mean, s.images * s.groups);
        long r = Operand.write(OP, "rstd", rstd, s.images * s.groups);
        Chunks.rows(s.images * s.groups, 3L * s.groupValues(), (from, to) -> {
            for (int group = from; group < to; group++) {
                long at = in + 4L * group * s.groupValues();
                float m = (float) (Vectors.longSum(at, s.groupValues()) / s.groupValues());
                double variance = squaredDistance(at, m, s.groupValues()) / s.groupValues();
                set(means, group, m);
                set(r, group, (float) (1 / Math.sqrt(variance + groups.eps())));
                for (int plane = group * s.perGroup(); plane < (group + 1) * s.perGroup(); plane++) {
                    int c = plane % s.channels;
                    long p = 4L * plane * s.positions;
                    normalise(in + p, m, get(r, group) * get(weight, c), get(bias, c), out + p, s.positions);
                }
            }
        });
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
        Sizes s = Sizes.of(x, mean.shape());
        Upstream at = new Upstream(
                Operand.read(OP, "dy", dy, x.size()),
                Operand.read(OP, "x", x, x.size()),
                Operand.read(OP, "w", w, s.channels),
                Operand.read(OP, "mean", mean, s.images * s.groups),
                Operand.read(OP, "rstd", rstd, s.images * s.groups),
                Operand.write(OP, "dx", dx, x.size()));
        int planes = s.images * s.channels;
        double[] sums = ThreadArrays.doubles(2 * planes); // p and q of each plane
        Chunks.rows(planes, 2L * s.positions, (from, to) -> {
            for (int plane = from; plane < to; plane++) at.planeSums(s, plane, sums);
        });
        if (db != null) addOverImages(sums, 0, s, Operand.write(OP, "db", db, s.channels));
        if (dw != null) addOverImages(sums, 1, s, Operand.write(OP, "dw", dw, s.channels));
        Chunks.rows(s.images * s.groups, 2L * s.groupValues(), (from, to) -> {
            for (int group = from; group < to; group++) at.inputGradient(s, group, sums);
        });
    }

    /// @param images B
    /// @param channels C of all groups
    /// @param groups G
    /// @param positions values of one channel of one image
    private record Sizes(int images, int channels, int groups, int positions) {

        static Sizes of(Tensor x, Shape statistics) {
            int planes = x.shape().dim(0) * x.shape().dim(1);
            return new Sizes(
                    x.shape().dim(0), x.shape().dim(1), statistics.last(), planes == 0 ? 0 : x.size() / planes);
        }

        int perGroup() {
            return channels / groups;
        }

        int groupValues() {
            return perGroup() * positions;
        }
    }

    /// Where the operands of backward begin.
    private record Upstream(long dy, long x, long w, long mean, long rstd, long dx) {

        void planeSums(Sizes s, int plane, double[] sums) {
            int group = plane / s.perGroup();
            long at = 4L * plane * s.positions;
            sums[2 * plane] = Vectors.longSum(dy + at, s.positions);
            sums[2 * plane + 1] = dotWithDistance(dy + at, x + at, get(mean, group), s.positions) * get(rstd, group);
        }

        void inputGradient(Sizes s, int group, double[] sums) {
            double meanG = 0;
            double meanGz = 0;
            int first = group * s.perGroup();
            for (int plane = first; plane < first + s.perGroup(); plane++) {
                float weight = get(w, plane % s.channels);
                meanG += weight * sums[2 * plane] / s.groupValues();
                meanGz += weight * sums[2 * plane + 1] / s.groupValues();
            }
            Push push = new Push(get(mean, group), get(rstd, group), (float) meanG, (float) meanGz);
            for (int plane = first; plane < first + s.perGroup(); plane++) {
                long at = 4L * plane * s.positions;
                push.run(dy + at, x + at, get(w, plane % s.channels), dx + at, s.positions);
            }
        }
    }

    /// Adds value `which` of every image's planes, image after image.
    private static void addOverImages(double[] sums, int which, Sizes s, long to) {
        for (int c = 0; c < s.channels; c++) {
            double sum = 0;
            for (int i = 0; i < s.images; i++) sum += sums[2 * (i * s.channels + c) + which];
            set(to, c, (float) (get(to, c) + sum));
        }
    }

    private static double squaredDistance(long x, float mean, int n) {
        double sum = 0;
        for (int i = 0; i < n; i += Vectors.RUN) {
            sum += LayerNormCpu.squaredDistance(x + 4L * i, mean, Math.min(Vectors.RUN, n - i));
        }
        return sum;
    }

    private static double dotWithDistance(long dy, long x, float mean, int n) {
        double sum = 0;
        for (int i = 0; i < n; i += Vectors.RUN) {
            sum += runWithDistance(dy + 4L * i, x + 4L * i, mean, Math.min(Vectors.RUN, n - i));
        }
        return sum;
    }

    private static float runWithDistance(long dy, long x, float mean, int n) {
        FloatVector means = FloatVector.broadcast(F, mean);
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= n - LANES; i += LANES) sum = load(x, i).sub(means).fma(load(dy, i), sum);
        float rest = 0;
        for (; i < n; i++) rest = Math.fma(get(x, i) - mean, get(dy, i), rest);
        return Vectors.sum(sum) + rest;
    }

    private static void normalise(long x, float mean, float factor, float bias, long y, int n) {
        FloatVector means = FloatVector.broadcast(F, mean);
        FloatVector factors = FloatVector.broadcast(F, factor);
        FloatVector biases = FloatVector.broadcast(F, bias);
        int i = 0;
        for (; i <= n - LANES; i += LANES) store(load(x, i).sub(means).fma(factors, biases), y, i);
        for (; i < n; i++) set(y, i, Math.fma(get(x, i) - mean, factor, bias));
    }

    /// `dx = r · (w·dy − meanG − z · meanGz)` over a plane.
    private record Push(float mean, float r, float meanG, float meanGz) {

        void run(long dy, long x, float w, long dx, int n) {
            FloatVector means = FloatVector.broadcast(F, mean);
            FloatVector weights = FloatVector.broadcast(F, w);
            FloatVector meansG = FloatVector.broadcast(F, -meanG);
            FloatVector pull = FloatVector.broadcast(F, -meanGz * r);
            FloatVector rs = FloatVector.broadcast(F, r);
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                FloatVector g = load(dy, i).fma(weights, meansG);
                store(load(x, i).sub(means).fma(pull, g).mul(rs), dx, i);
            }
            for (; i < n; i++) {
                float g = Math.fma(get(dy, i), w, -meanG);
                set(dx, i, Math.fma(get(x, i) - mean, -meanGz * r, g) * r);
            }
        }
    }
}
