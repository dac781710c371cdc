package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ElementwiseKernel;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Element-by-element arithmetic. Each loop stands on its own: shared ones that take the operation as an argument would
/// box every vector.
final class ElementwiseCpu implements ElementwiseKernel {

    static final ElementwiseKernel KERNEL = new ElementwiseCpu();

    private ElementwiseCpu() {}

    @Override
    public void fill(Tensor y, float value) {
        MemorySegment to = y.data();
        Chunks.values(y.size(), (from, end) -> fill(to, value, from, end));
    }

    private static void fill(MemorySegment y, float value, int from, int to) {
        FloatVector v = FloatVector.broadcast(F, value);
        int i = from;
        for (; i <= to - LANES; i += LANES) store(v, y, i);
        for (; i < to; i++) set(y, i, value);
    }

    @Override
    public void add(Tensor a, Tensor b, Tensor y) {
        assert a.size() == y.size() && b.size() == y.size();
        MemorySegment left = a.data();
        MemorySegment right = b.data();
        MemorySegment to = y.data();
        Chunks.values(y.size(), (from, end) -> add(left, right, to, from, end));
    }

    private static void add(MemorySegment a, MemorySegment b, MemorySegment y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(a, i).add(load(b, i)), y, i);
        for (; i < to; i++) set(y, i, get(a, i) + get(b, i));
    }

    @Override
    public void sub(Tensor a, Tensor b, Tensor y) {
        assert a.size() == y.size() && b.size() == y.size();
        MemorySegment left = a.data();
        MemorySegment right = b.data();
        MemorySegment to = y.data();
        Chunks.values(y.size(), (from, end) -> sub(left, right, to, from, end));
    }

    private static void sub(MemorySegment a, MemorySegment b, MemorySegment y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(a, i).sub(load(b, i)), y, i);
        for (; i < to; i++) set(y, i, get(a, i) - get(b, i));
    }

    @Override
    public void mul(Tensor a, Tensor b, Tensor y) {
        assert a.size() == y.size() && b.size() == y.size();
        MemorySegment left = a.data();
        MemorySegment right = b.data();
        MemorySegment to = y.data();
        Chunks.values(y.size(), (from, end) -> mul(left, right, to, from, end));
    }

    private static void mul(MemorySegment a, MemorySegment b, MemorySegment y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(a, i).mul(load(b, i)), y, i);
        for (; i < to; i++) set(y, i, get(a, i) * get(b, i));
    }

    @Override
    public void scale(Tensor x, float s, Tensor y) {
        assert x.size() == y.size();
        MemorySegment in = x.data();
        MemorySegment to = y.data();
        Chunks.values(y.size(), (from, end) -> scale(in, s, to, from, end));
    }

    private static void scale(MemorySegment x, float s, MemorySegment y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(x, i).mul(s), y, i);
        for (; i < to; i++) set(y, i, s * get(x, i));
    }

    @Override
    public void axpy(float s, Tensor x, Tensor y) {
        assert x.size() == y.size();
        MemorySegment in = x.data();
        MemorySegment to = y.data();
        Chunks.values(y.size(), (from, end) -> axpy(s, in, to, from, end));
    }

    private static void axpy(float s, MemorySegment x, MemorySegment y, int from, int to) {
        FloatVector factor = FloatVector.broadcast(F, s);
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(x, i).fma(factor, load(y, i)), y, i);
        for (; i < to; i++) set(y, i, Math.fma(s, get(x, i), get(y, i)));
    }

    @Override
    public void addBias(Tensor x, Tensor bias, Tensor y) {
        assert x.size() == y.size() && x.shape().last() == bias.size();
        MemorySegment in = x.data();
        MemorySegment b = bias.data();
        MemorySegment to = y.data();
        int c = bias.size();
        Chunks.rows(x.shape().rows(), c, (from, end) -> {
            for (int row = from; row < end; row++) addBias(in, b, to, (long) row * c, c);
        });
    }

    private static void addBias(MemorySegment x, MemorySegment bias, MemorySegment y, long at, int c) {
        int i = 0;
        for (; i <= c - LANES; i += LANES) store(load(x, at + i).add(load(bias, i)), y, at + i);
        for (; i < c; i++) set(y, at + i, get(x, at + i) + get(bias, i));
    }
}
