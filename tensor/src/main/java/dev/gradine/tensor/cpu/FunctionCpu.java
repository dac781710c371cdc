package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.set;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.FunctionLoops.Loop;
import dev.gradine.tensor.cpu.FunctionLoops.Loop2;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.FunctionKernel;
import dev.gradine.tensor.kernel.Per;
import org.jspecify.annotations.Nullable;

/// The functions of `Fn` and `Fn2`: each value in double, or many at once where `FunctionLoops` has a loop.
final class FunctionCpu implements FunctionKernel {

    static final FunctionKernel KERNEL = new FunctionCpu();

    private static final int COST = 16; // of one value in double, in values of a vector loop

    private FunctionCpu() {}

    /// One gradient of a function of two variables, in double.
    @FunctionalInterface
    private interface Slope {
        double of(double dy, double a, double b);
    }

    @Override
    public void apply(Fn f, float a, float b, Tensor x, Tensor y) {
        int n = y.size();
        long in = Operand.read(f.id(), "x", x, n);
        long out = Operand.write(f.id(), "y", y, n);
        Loop loop = FunctionLoops.forward(f, a);
        if (loop != null) {
            Chunks.values(n, (from, to) -> loop.run(in, out, from, to));
            return;
        }
        Chunks.rows(n, COST, (from, to) -> {
            for (int i = from; i < to; i++) set(out, i, (float) f.value(get(in, i), a, b));
        });
    }

    @Override
    public void applyBackward(Fn f, float a, float b, Tensor dy, Tensor kept, Tensor dx) {
        int n = dx.size();
        long d = Operand.read(f.id(), "dy", dy, n);
        long v = Operand.read(f.id(), f.keeps() == Fn.Keeps.Y ? "y" : "x", kept, n);
        long out = Operand.write(f.id(), "dx", dx, n);
        Loop2 loop = FunctionLoops.backward(f, a);
        if (loop != null) {
            Chunks.values(n, (from, to) -> loop.run(d, v, out, from, to));
            return;
        }
        Chunks.rows(n, COST, (from, to) -> {
            for (int i = from; i < to; i++) set(out, i, (float) f.slope(get(d, i), get(v, i), a, b));
        });
    }

    @Override
    public void combine(Fn2 f, Per per, Tensor a, Tensor b, Tensor y) {
        int n = y.size();
        long left = Operand.read(f.id(), "a", a, n);
        FunctionKernel.requireSecond(f, per, b, n);
        long right = Operand.read(f.id(), "b", b, b.size());
        long out = Operand.write(f.id(), "y", y, n);
        int width = per.width(n, b.size());
        if (FunctionLoops.combine(f, per, left, right, out, n, width)) return;
        Chunks.rows(n, COST, (from, to) -> {
            for (int i = from; i < to; i++) {
                set(out, i, (float) f.value(get(left, i), get(right, per.index(i, width))));
            }
        });
    }

    @Override
    public void combineBackward(
            Fn2 f, Per per, Tensor dy, Tensor a, Tensor b, @Nullable Tensor da, @Nullable Tensor db) {
        FunctionKernel.requireSecond(f, per, b, dy.size());
        if (da != null) gradient(f, per, dy, a, b, "da", da);
        if (db != null) gradient(f, per, dy, a, b, "db", db);
    }

    private static void gradient(Fn2 f, Per per, Tensor dy, Tensor a, Tensor b, String name, Tensor to) {
        int n = dy.size();
        long d = Operand.read(f.id(), "dy", dy, n);
        long left = Operand.read(f.id(), "a", a, n);
        long right = Operand.read(f.id(), "b", b, b.size());
        long out = Operand.write(f.id(), name, to, n);
        int width = per.width(n, b.size());
        boolean isLeft = name.equals("da");
        if (FunctionLoops.gradient(f, per, isLeft, d, left, right, out, n, width)) return;
        Slope slope = isLeft ? f::left : f::right;
        Chunks.rows(n, COST, (from, end) -> {
            for (int i = from; i < end; i++) {
                set(out, i, (float) slope.of(get(d, i), get(left, i), get(right, per.index(i, width))));
            }
        });
    }
}
