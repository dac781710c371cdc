package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/// Where the tensors of one lifetime live.
sealed interface Memory extends AutoCloseable {

    Tensor empty(DType dtype, Shape shape);

    void release(Tensor t);

    @Override
    void close();

    /// The `run` lifetime: one allocation per tensor, freed at the end.
    final class Run implements Memory {
        private final Arena arena = Arena.ofShared();
        private long bytes;

        @Override
        public Tensor empty(DType dtype, Shape shape) {
            bytes += dtype.bytes(shape.size());
            return Tensor.zeros(arena, dtype, shape);
        }

        @Override
        public void release(Tensor t) {
            // weights and optimiser state stay until the end of the run
        }

        long bytesInUse() {
            return bytes;
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    /// A step, or scratch within one: a bracket on the slab, with released tensors kept by size for the next of
    /// their size. Tensors carry a scope of their own, so that one used after `close` fails instead of reading what
    /// a later step put there.
    final class Step implements Memory {
        private static final boolean POISON = Memory.class.desiredAssertionStatus();

        private final Slab slab;
        private final Slab.Mark mark;
        private final Arena scope = Arena.ofShared();
        private final Map<Long, ArrayDeque<Long>> free = new HashMap<>(); // bytes → addresses

        Step(Slab slab) {
            this.slab = slab;
            this.mark = slab.mark();
        }

        @Override
        @SuppressWarnings("restricted") // the address is the slab's, the size what was taken
        public Tensor empty(DType dtype, Shape shape) {
            long bytes = dtype.bytes(shape.size());
            long rounded = rounded(bytes);
            ArrayDeque<Long> reusable = free.get(rounded);
            long address = reusable == null || reusable.isEmpty() ? slab.take(rounded) : reusable.pop();
            MemorySegment data = MemorySegment.ofAddress(address).reinterpret(bytes, scope, null);
            if (POISON) data.fill((byte) 0xff); // NaN in every float type
            return new Tensor(data, dtype, shape);
        }

        @Override
        public void release(Tensor t) {
            if (!t.data().scope().equals(scope.scope())) return; // another lifetime's: not ours to reuse
            MemorySegment data = t.takeData();
            if (POISON) data.fill((byte) 0xff);
            free.computeIfAbsent(rounded(data.byteSize()), _ -> new ArrayDeque<>())
                    .push(data.address());
        }

        private static long rounded(long bytes) {
            return Math.max(Tensor.ALIGNMENT, (bytes + Tensor.ALIGNMENT - 1) & -Tensor.ALIGNMENT);
        }

        @Override
        public void close() {
            scope.close();
            slab.reset(mark);
        }
    }
}
