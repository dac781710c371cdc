package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ElementwiseKernel;
import jdk.incubator.vector.FloatVector;

/// Element-by-element arithmetic. Each loop stands on its own: shared ones that take the operation as an argument would
/// box every vector.
final class ElementwiseCpu implements ElementwiseKernel {

    static final ElementwiseKernel KERNEL = new ElementwiseCpu();

    private ElementwiseCpu() {}

    @Override
    public void fill(Tensor y, float value) {
        long to = Operand.write("fill", "y", y, y.size());
        Chunks.values(y.size(), (from, end) -> fill(to, value, from, end));
    }

    private static void fill(long y, float value, int from, int to) {
        FloatVector v = FloatVector.broadcast(F, value);
        int i = from;
        for (; i <= to - LANES; i += LANES) store(v, y, i);
        for (; i < to; i++) set(y, i, value);
    }

    @Override
    public void add(Tensor a, Tensor b, Tensor y) {
        int n = y.size();
        long left = Operand.read("add", "a", a, n);
        long right = Operand.read("add", "b", b, n);
        long to = Operand.write("add", "y", y, n);
        Chunks.values(n, (from, end) -> add(left, right, to, from, end));
    }

    static void add(long a, long b, long y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(a, i).add(load(b, i)), y, i);
        for (; i < to; i++) set(y, i, get(a, i) + get(b, i));
    }

    static void sub(long a, long b, long y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(a, i).sub(load(b, i)), y, i);
        for (; i < to; i++) set(y, i, get(a, i) - get(b, i));
    }

    static void mul(long a, long b, long y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(a, i).mul(load(b, i)), y, i);
        for (; i < to; i++) set(y, i, get(a, i) * get(b, i));
    }

    @Override
    public void scale(Tensor x, float s, Tensor y) {
        int n = y.size();
        long in = Operand.read("scale", "x", x, n);
        long to = Operand.write("scale", "y", y, n);
        Chunks.values(n, (from, end) -> scale(in, s, to, from, end));
    }

    static void scale(long x, float s, long y, int from, int to) {
        FloatVector factor = FloatVector.broadcast(F, s);
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(x, i).mul(factor), y, i);
        for (; i < to; i++) set(y, i, s * get(x, i));
    }

    @Override
    public void axpy(float s, Tensor x, Tensor y) {
        int n = y.size();
        long in = Operand.read("axpy", "x", x, n);
        long to = Operand.write("axpy", "y", y, n);
        Chunks.values(n, (from, end) -> axpy(s, in, to, from, end));
    }

    private static void axpy(float s, long x, long y, int from, int to) {
        FloatVector factor = FloatVector.broadcast(F, s);
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(x, i).fma(factor, load(y, i)), y, i);
        for (; i < to; i++) set(y, i, Math.fma(s, get(x, i), get(y, i)));
    }

    @Override
    public void addBias(Tensor x, Tensor bias, Tensor y) {
        int c = y.shape().last();
        int n = y.shape().rows();
        long in = Operand.read("add_bias", "x", x, y.size());
        long b = Operand.read("add_bias", "bias", bias, c);
        long to = Operand.write("add_bias", "y", y, y.size());
        Chunks.rows(n, c, (from, end) -> {
            for (int row = from; row < end; row++) addBias(in + 4L * row * c, b, to + 4L * row * c, c);
        });
    }

    private static void addBias(long x, long bias, long y, int c) {
        int i = 0;
        for (; i <= c - LANES; i += LANES) store(load(x, i).add(load(bias, i)), y, i);
        for (; i < c; i++) set(y, i, get(x, i) + get(bias, i));
    }

    @Override
    public void scaleRows(Tensor x, Tensor s, Tensor y) {
        int c = y.shape().last();
        int n = y.shape().rows();
        long in = Operand.read("scale_rows", "x", x, y.size());
        long factors = Operand.read("scale_rows", "s", s, n);
        long to = Operand.write("scale_rows", "y", y, y.size());
        Chunks.rows(n, c, (from, end) -> {
            for (int row = from; row < end; row++) scale(in + 4L * row * c, get(factors, row), to + 4L * row * c, 0, c);
        });
    }
}
