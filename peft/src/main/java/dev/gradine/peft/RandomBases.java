package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Linear;
import dev.gradine.settings.Option;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.TorchRandom;

/// The random matrices that all layers of RandLoRA share, as PEFT draws them by `TorchRandom` from a seed.
///
/// ```
/// A: [R,1,m], B: [M,N,R]      N = ⌈m / R⌉; m, M: the smaller and the larger of max I and max O
/// ```
///
/// A is drawn first. Dense, B is drawn as N matrices `[M,1,R]` one after the other; the values are uniform within ±1/√m
/// in A and ±1/√R in B, rounded to bf16, one that is rounded to
/// the upper bound is the lower one, and divided by their deviation, which is bf16, too. Sparse, a uniform value
/// below 1/(2t) is −1, one above 1 − 1/(2t) is 1, the others are 0; t is 3, very sparse √m; then they are divided by
/// their deviation in f32.
///
/// @param projectionPrngKey seed of both
/// @param sparse whether they are sparse, with t = 3
/// @param verySparse whether they are, with t = √m
/// @param saveProjection whether files have them; a reader draws them again otherwise
public record RandomBases(
        @Option(says = "Seed of the matrices that layers share.", label = "N", peft = "projection_prng_key")
        int projectionPrngKey,

        @Option(says = "Shared matrices of -1, 0 and 1, a third not zero.", peft = "sparse")
        boolean sparse,

        @Option(says = "The same, but with few values that are not zero.", peft = "very_sparse")
        boolean verySparse,

        @Option(says = "Write the shared matrices, not their seed alone.", peft = "save_projection")
        boolean saveProjection) {

    static final String A = "randlora_A";
    static final String B = "randlora_B";

    /// Whether the value is stored once for all layers, under a name that begins with the model's.
    static boolean isOfAll(String param) {
        return param.startsWith(AdapterFolder.TOP);
    }

    /// Whether a file's name is that of one of the two.
    static boolean isBasis(String name) {
        return name.endsWith("." + A) || name.endsWith("." + B);
    }

    /// Adds both under the names that a file has for the layer, and under those it has for all layers.
    void addTo(NamedParams.Builder params, int rank, Start start) {
        Siblings all = start.siblings();
        Param a = all.shared(A, () -> drawn(all, rank, start.run(), false));
        Param b = all.shared(B, () -> drawn(all, rank, start.run(), true));
        params.fixed(A, a).fixed(B, b).fixed(AdapterFolder.TOP + A, a).fixed(AdapterFolder.TOP + B, b);
    }

    /// A, or B, which is drawn behind it.
    private Param drawn(Siblings all, int rank, Kernels run, boolean second) {
        int out = all.largest(Linear::out);
        int in = all.largest(Linear::in);
        int m = Math.min(out, in);
        int n = Math.ceilDiv(m, rank);
        TorchRandom random = new TorchRandom(projectionPrngKey);
        float[] a = isSparse() ? ternary(random, rank * m, m) : dense(random, rank * m, m);
        if (!second) return Param.frozen(A, run.of(Shape.of(rank, 1, m), normalised(a)));
        Shape shape = Shape.of(Math.max(out, in), n, rank);
        float[] b = isSparse() ? ternary(random, shape.size(), m) : beside(random, shape);
        return Param.frozen(B, run.of(shape, normalised(b)));
    }

    private boolean isSparse() {
        return sparse || verySparse;
    }

    private float[] ternary(TorchRandom random, int size, int m) {
        double t = verySparse ? Math.sqrt(m) : 3;
        float low = (float) (1 / (2 * t));
        float high = (float) (1 - 1 / (2 * t));
        float[] values = random.uniform(size, 0, 1);
        for (int i = 0; i < size; i++) values[i] = values[i] < low ? -1 : values[i] > high ? 1 : 0;
        return values;
    }

    private static float[] dense(TorchRandom random, int size, int columns) {
        float bound = (float) (1 / Math.sqrt(columns));
        float[] values = random.uniform(size, -bound, bound);
        for (int i = 0; i < size; i++) {
            float rounded = bf16(values[i]);
            values[i] = rounded == bf16(bound) ? -rounded : rounded; // torch takes the upper bound out of the range so
        }
        return values;
    }

    /// Matrices `[M,1,R]` drawn one after the other, side by side.
    private static float[] beside(TorchRandom random, Shape shape) {
        int n = shape.dim(1);
        int r = shape.dim(2);
        float[] all = new float[shape.size()];
        for (int j = 0; j < n; j++) {
            float[] one = dense(random, shape.dim(0) * r, r);
            for (int row = 0; row < shape.dim(0); row++) {
                System.arraycopy(one, row * r, all, (row * n + j) * r, r);
            }
        }
        return all;
    }

    /// Divided by their deviation around their mean.
    private float[] normalised(float[] values) {
        double mean = 0;
        for (float v : values) mean += (double) v / values.length;
        double squares = 0;
        for (float v : values) squares += (v - mean) * (v - mean);
        float deviation = (float) Math.sqrt(squares / (values.length - 1));
        if (!isSparse()) deviation = bf16(deviation);
        for (int i = 0; i < values.length; i++) {
            values[i] = isSparse() ? values[i] / deviation : bf16(values[i] / deviation);
        }
        return values;
    }

    /// The nearest number of type bf16; of two, the even one.
    private static float bf16(float x) {
        int bits = Float.floatToRawIntBits(x);
        return Float.intBitsToFloat((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000);
    }
}
