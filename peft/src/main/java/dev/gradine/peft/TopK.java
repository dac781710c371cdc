package dev.gradine.peft;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
            for (int j : largest(z, at, n, k)) mask[at + j] = 0;
        }
        return kernels.of(rows.shape(), mask);
    }

    /// Places of the k largest of `z[at … at + n)`, largest first; of equal ones the first.
    private static int[] largest(float[] z, int at, int n, int k) {
        int[] chosen = new int[k];
        boolean[] taken = new boolean[n];
        for (int c = 0; c < k; c++) {
            int best = -1;
            for (int j = 0; j < n; j++) {
                if (!taken[j] && (best < 0 || z[at + j] > z[at + best])) best = j;
            }
            taken[best] = true;
            chosen[c] = best;
        }
        return chosen;
    }

    /// The two tensors for a file.
    ///
    /// @param logits in host memory
    static Map<String, Tensor> packed(String name, Tensor logits, int k, Arena arena) {
        float[] z = logits.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        int n = logits.shape().last();
        DType type = n < 1 << 8 ? DType.U8 : n < 1 << 15 ? DType.I16 : DType.I32;
        Tensor indices = Tensor.zeros(arena, type, logits.shape().withLast(k));
        Tensor weights = Tensor.zeros(arena, DType.F32, logits.shape().withLast(k - 1));
        for (int row = 0; row < z.length / n; row++) {
            int[] chosen = largest(z, row * n, n, k);
            double sum = 0;
            for (int j : chosen) sum += exp(z, row * n, j, chosen);
            for (int c = 0; c < k; c++) put(indices, row * k + c, chosen[c]);
            for (int c = 0; c < k - 1; c++) {
                float w = (float) (exp(z, row * n, chosen[c], chosen) / sum);
                weights.data().setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) row * (k - 1) + c, w);
            }
        }
        Map<String, Tensor> both = new LinkedHashMap<>();
        both.put(name + INDICES, indices);
        both.put(name + WEIGHTS, weights);
        return both;
    }

    private static double exp(float[] z, int at, int j, int[] chosen) {
        return Math.exp((double) z[at + j] - z[at + chosen[0]]);
    }

    private static void put(Tensor to, int i, int value) {
        MemorySegment data = to.data();
        switch (to.dtype()) {
            case U8 -> data.set(ValueLayout.JAVA_BYTE, i, (byte) value);
            case I16 -> data.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, (short) value);
            default -> data.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, value);
        }
    }

    /// The logits that a file's two tensors stand for, in the memory of `kernels`.
    ///
    /// @throws AdapterException names the tensor and what is wrong with it
    Tensor logits(Kernels kernels) {
        Tensor indices = tensor(INDICES, k);
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

    private int index(Tensor indices, int i) {
        MemorySegment data = indices.data();
        long index =
                switch (indices.dtype()) {
                    case U8 -> Byte.toUnsignedLong(data.get(ValueLayout.JAVA_BYTE, i));
                    case I16 -> data.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i);
                    case I32 -> data.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i);
                    case I64 -> data.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i);
                    default ->
                        throw new AdapterException("%s%s: is %s, expected U8, I16, I32 or I64"
                                .formatted(name, INDICES, indices.dtype()));
                };
        if (index >= 0 && index < shape.last()) return (int) index;
        throw new AdapterException("%s%s: value %d is %d, expected 0 to %d, the number of a vector"
                .formatted(name, INDICES, i, index, shape.last() - 1));
    }
}
