package dev.gradine.tensor.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulKernel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Matrix products, row by row.
final class MatMulCpu implements MatMulKernel {

    static final MatMulKernel KERNEL = new MatMulCpu();

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    private MatMulCpu() {}

    @Override
    public void nt(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        int m = a.shape().dim(0);
        int k = a.shape().dim(1);
        int n = b.shape().dim(0);
        require("matmul_nt", a, b, Shape.of(n, k), c, Shape.of(m, n));
        float[] av = values(a);
        float[] bv = values(b);
        Parallel.forEach(m, i -> {
            float[] row = new float[n];
            for (int j = 0; j < n; j++) row[j] = dot(av, i * k, bv, j * k, k);
            store(row, alpha, accumulate, c, i);
        });
    }

    @Override
    public void nn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        int m = a.shape().dim(0);
        int k = a.shape().dim(1);
        int n = b.shape().dim(1);
        require("matmul_nn", a, b, Shape.of(k, n), c, Shape.of(m, n));
        float[] av = values(a);
        float[] bv = values(b);
        Parallel.forEach(m, i -> {
            float[] row = new float[n];
            for (int p = 0; p < k; p++) addScaled(av[i * k + p], bv, p * n, row);
            store(row, alpha, accumulate, c, i);
        });
    }

    @Override
    public void tn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        int k = a.shape().dim(0);
        int m = a.shape().dim(1);
        int n = b.shape().dim(1);
        require("matmul_tn", a, b, Shape.of(k, n), c, Shape.of(m, n));
        DTypeException.require("matmul_tn", "b", b, DType.F32);
        float[] av = values(a);
        float[] bv = values(b);
        Parallel.forEach(m, i -> {
            float[] row = new float[n];
            for (int p = 0; p < k; p++) addScaled(av[p * m + i], bv, p * n, row);
            store(row, alpha, accumulate, c, i);
        });
    }

    private static void require(String op, Tensor a, Tensor b, Shape bShape, Tensor c, Shape cShape) {
        ShapeException.require(op, "b", b.shape(), bShape, "a is " + a.shape());
        ShapeException.require(op, "c", c.shape(), cShape, "a is " + a.shape() + ", b is " + b.shape());
        DTypeException.require(op, "a", a, DType.F32);
        DTypeException.require(op, "c", c, DType.F32);
    }

    private static float[] values(Tensor t) {
        float[] values = new float[t.size()];
        Decode.toFloats(t.data(), t.dtype(), 0, values.length, values, 0);
        return values;
    }

    private static float dot(float[] x, int xAt, float[] y, int yAt, int n) {
        FloatVector sum = FloatVector.zero(S);
        int i = 0;
        for (; i < S.loopBound(n); i += S.length()) {
            sum = FloatVector.fromArray(S, x, xAt + i).fma(FloatVector.fromArray(S, y, yAt + i), sum);
        }
        float s = sum.reduceLanes(VectorOperators.ADD);
        for (; i < n; i++) s += x[xAt + i] * y[yAt + i];
        return s;
    }

    private static void addScaled(float x, float[] y, int yAt, float[] to) {
        int j = 0;
        for (; j < S.loopBound(to.length); j += S.length()) {
            FloatVector sum = FloatVector.fromArray(S, to, j);
            FloatVector.fromArray(S, y, yAt + j)
                    .fma(FloatVector.broadcast(S, x), sum)
                    .intoArray(to, j);
        }
        for (; j < to.length; j++) to[j] += x * y[yAt + j];
    }

    private static void store(float[] row, float alpha, boolean accumulate, Tensor c, int i) {
        MemorySegment to = c.data();
        long at = 4L * i * row.length;
        for (int j = 0; j < row.length; j++) {
            float old = accumulate ? to.get(F32, at + 4L * j) : 0;
            to.set(F32, at + 4L * j, old + alpha * row[j]);
        }
    }
}
