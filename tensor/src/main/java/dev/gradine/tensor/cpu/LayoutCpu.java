package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LayoutKernel;
import dev.gradine.tensor.kernel.Operands;
import dev.gradine.tensor.kernel.Strides;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Values to other places, a run along the last axis at a time.
final class LayoutCpu implements LayoutKernel {

    static final LayoutKernel KERNEL = new LayoutCpu();

    private static final String PUT = "put_rows";

    private LayoutCpu() {}

    /// Copies `n` values, `step` and `toStep` bytes apart.
    @FunctionalInterface
    private interface Run {
        void copy(long x, long step, long y, long toStep, int n);
    }

    @Override
    public void copy(Shape extents, Tensor x, Strides from, Tensor y, Strides to) {
        LayoutKernel.require(extents, x, from, y, to);
        if (extents.size() == 0) return;
        int bytes = x.dtype().blockBytes();
        long in = Native.address(x);
        long out = Native.writable(y);
        if (extents.rank() == 0) {
            copyBytes(in + (long) bytes * from.offset(), out + (long) bytes * to.offset(), bytes);
            return;
        }
        int last = extents.rank() - 1;
        long step = (long) bytes * from.steps().get(last);
        long toStep = (long) bytes * to.steps().get(last);
        Run run = step == bytes && toStep == bytes ? (a, _, b, _, n) -> copyBytes(a, b, (long) n * bytes) : run(bytes);
        Chunks.rows(extents.size() / extents.last(), extents.last(), (first, end) -> {
            for (int row = first; row < end; row++) {
                long a = in + bytes * place(row, extents, from);
                long b = out + bytes * place(row, extents, to);
                run.copy(a, step, b, toStep, extents.last());
            }
        });
    }

    /// Where run `row` starts: its number, written in digits of the extents but the last.
    private static long place(int row, Shape extents, Strides at) {
        long place = at.offset();
        int rest = row;
        for (int axis = extents.rank() - 2; axis >= 0; axis--) {
            place += (long) (rest % extents.dim(axis)) * at.steps().get(axis);
            rest /= extents.dim(axis);
        }
        return place;
    }

    private static void copyBytes(long from, long to, long bytes) {
        MemorySegment.copy(MEMORY, from, MEMORY, to, bytes);
    }

    private static Run run(int bytes) {
        return switch (bytes) {
            case 1 -> LayoutCpu::run1;
            case 2 -> LayoutCpu::run2;
            case 4 -> LayoutCpu::run4;
            default -> LayoutCpu::run8;
        };
    }

    private static void run1(long x, long step, long y, long toStep, int n) {
        for (int i = 0; i < n; i++) {
            MEMORY.set(ValueLayout.JAVA_BYTE, y + i * toStep, MEMORY.get(ValueLayout.JAVA_BYTE, x + i * step));
        }
    }

    private static void run2(long x, long step, long y, long toStep, int n) {
        ValueLayout.OfShort layout = ValueLayout.JAVA_SHORT_UNALIGNED;
        for (int i = 0; i < n; i++) MEMORY.set(layout, y + i * toStep, MEMORY.get(layout, x + i * step));
    }

    private static void run4(long x, long step, long y, long toStep, int n) {
        ValueLayout.OfInt layout = ValueLayout.JAVA_INT_UNALIGNED;
        for (int i = 0; i < n; i++) MEMORY.set(layout, y + i * toStep, MEMORY.get(layout, x + i * step));
    }

    private static void run8(long x, long step, long y, long toStep, int n) {
        ValueLayout.OfLong layout = ValueLayout.JAVA_LONG_UNALIGNED;
        for (int i = 0; i < n; i++) MEMORY.set(layout, y + i * toStep, MEMORY.get(layout, x + i * step));
    }

    @Override
    public void putRows(Tensor ids, Tensor x, Tensor y) {
        LayoutKernel.requireType(PUT, x, y);
        int c = y.shape().last();
        Operands.requireRows(PUT, "x", x, c);
        int n = x.shape().rows();
        int limit = y.shape().rows();
        long at = Operand.ints(PUT, "ids", ids, n);
        long rowBytes = (long) c * x.dtype().blockBytes();
        long in = Native.address(x);
        long out = Native.writable(y);
        Chunks.rows(n, c, (from, to) -> {
            for (int row = from; row < to; row++) {
                long id = Operand.index(PUT, "ids", at, row, limit);
                copyBytes(in + row * rowBytes, out + id * rowBytes, rowBytes);
            }
        });
    }
}
