package dev.gradine.peft;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Largest;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.WholeNumbers;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// The k largest of the logits of a piece, of which VB-LoRA mixes vectors, and how they lie in a file that has them
/// alone.
///
/// ```
/// NAME_topk_indices   u8, i16 or i32 [… , k]   numbers of the vectors, the largest first
/// NAME_topk_weights   f32 [… , k − 1]          softmax of their logits; the last weight is 1 − Σ of these
/// ```
///
/// Read again, the logits are ln weight of those, and −∞ of all others, so that nothing else can ever be chosen.
///
/// @param name of the logits
/// @param shape of the logits, the vectors last
/// @param k how many are chosen
/// @param file tensors by name, in host memory
record TopK(String name, Shape shape, int k, Function<String, Tensor> file) {

    private static final String INDICES = "_topk_indices";
    private static final String WEIGHTS = "_topk_weights";

    /// What added to logits leaves the k largest of each row as they are and makes −∞ of the others.
    ///
    /// @param rows `f32[P,N]`
    static Tensor mask(Tensor rows, int k, Kernels kernels) {
        float[] z = kernels.download(rows);
        int n = rows.shape().last();
        float[] mask = new float[z.length];
        Arrays.fill(mask, Float.NEGATIVE_INFINITY);
        for (int at = 0; at < z.length; at += n) {
            for (int j : Largest.of(z, at, n, k)) mask[at + j] = 0;
        }
        return kernels.of(rows.shape(), mask);
    }

    /// The two tensors for a file.
    ///
    /// @param shape of the logits z
    static Map<String, Tensor> packed(String name, float[] z, Shape shape, int k, Arena arena) {
        int n = shape.last();
        int rows = z.length / n;
        int[] indices = new int[rows * k];
        float[] weights = new float[rows * (k - 1)];
        for (int row = 0; row < rows; row++) {
            int[] chosen = Largest.of(z, row * n, n, k);
            double sum = 0;
            for (int j : chosen) sum += exp(z, row * n, j, chosen);
            for (int c = 0; c < k; c++) {
                indices[row * k + c] = chosen[c];
                if (c < k - 1) weights[row * (k - 1) + c] = (float) (exp(z, row * n, chosen[c], chosen) / sum);
            }
        }
        DType type = n < 1 << 8 ? DType.U8 : n < 1 << 15 ? DType.I16 : DType.I32;
        Map<String, Tensor> both = new LinkedHashMap<>();
        both.put(name + INDICES, WholeNumbers.of(arena, type, shape.withLast(k), indices));
        both.put(name + WEIGHTS, Tensor.of(arena, shape.withLast(k - 1), weights));
        return both;
    }

    private static double exp(float[] z, int at, int j, int[] chosen) {
        return Math.exp((double) z[at + j] - z[at + chosen[0]]);
    }

    /// The logits that a file's two tensors stand for, in the memory of `kernels`.
    ///
    /// @throws AdapterException names the tensor and what is wrong with it
    Tensor logits(Kernels kernels) {
        long[] indices = WholeNumbers.values(tensor(INDICES, k));
        Tensor stored = kernels.fromHost(tensor(WEIGHTS, k - 1));
        Tensor f32 = kernels.empty(stored.shape());
        kernels.copy(stored, f32);
        float[] weights = kernels.download(f32);
        float[] z = new float[shape.size()];
        Arrays.fill(z, Float.NEGATIVE_INFINITY);
        int n = shape.last();
        for (int row = 0; row < z.length / n; row++) {
            double last = 1;
            for (int c = 0; c < k; c++) {
                double w = c < k - 1 ? weight(weights, row * (k - 1) + c) : Math.max(0, last); // a sum may round past 1
                last -= w;
                z[row * n + index(indices, row * k + c)] = (float) Math.log(w);
            }
        }
        return kernels.of(shape, z);
    }

    private Tensor tensor(String part, int last) {
        Tensor t = file.apply(name + part);
        AdapterException.requireShape(name + part, t.shape(), shape.withLast(last), "the configuration and the model");
        return t;
    }

    private double weight(float[] weights, int i) {
        double w = weights[i];
        if (w >= 0 && w <= 1) return w;
        throw new AdapterException("%s%s: value %d is %s, expected 0 to 1".formatted(name, WEIGHTS, i, w));
    }

    private int index(long[] indices, int i) {
        if (indices[i] >= 0 && indices[i] < shape.last()) return (int) indices[i];
        throw new AdapterException("%s%s: value %d is %d, expected 0 to %d, the number of a vector"
                .formatted(name, INDICES, i, indices[i], shape.last() - 1));
    }
}
