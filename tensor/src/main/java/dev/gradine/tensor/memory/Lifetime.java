package dev.gradine.tensor.memory;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/// Where the tensors of one lifetime live. Tensors carry a scope of their own, so that one used after
/// `close` fails instead of reading what a later step put there.
public sealed interface Lifetime extends AutoCloseable {

    /// Opens the `run` lifetime: one allocation per tensor, freed at the end, when `raw` is closed as
    /// well.
    static Lifetime run(RawMemory raw) {
        return new Run(raw, new Slab(raw));
    }

    /// Memory for values that will all be overwritten.
    Tensor empty(DType dtype, Shape shape);

    /// Lets the memory of `t` serve others, if it is a tensor of this lifetime and that is not `run`.
    void release(Tensor t);

    /// Opens a lifetime within this one: a step, or scratch within a step.
    Lifetime openStep();

    /// Bytes in use now by this lifetime and those around it.
    long bytesInUse();

    /// Most bytes that steps have had in use at once.
    long peakStepBytes();

    @Override
    void close();

    @SuppressWarnings("restricted") // address and size are what was allocated
    private static Tensor tensor(long address, DType dtype, Shape shape, Arena scope) {
        long bytes = dtype.bytes(shape.size());
        return new Tensor(MemorySegment.ofAddress(address).reinterpret(bytes, scope, null), dtype, shape);
    }

    /// Weights and optimiser state.
    final class Run implements Lifetime {
        private final RawMemory raw;
        private final Slab slab;
        private final Arena scope = Arena.ofShared();
        private long bytes;

        private Run(RawMemory raw, Slab slab) {
            this.raw = raw;
            this.slab = slab;
        }

        @Override
        public Tensor empty(DType dtype, Shape shape) {
            long wanted = dtype.bytes(shape.size());
            Tensor t = tensor(raw.allocate(Math.max(1, wanted)), dtype, shape, scope);
            bytes += wanted;
            return t;
        }

        @Override
        public void release(Tensor t) {
            // weights and optimiser state stay until the end of the run
        }

        @Override
        public Lifetime openStep() {
            return new Step(this, slab);
        }

        @Override
        public long bytesInUse() {
            return bytes + slab.bytesInUse();
        }

        @Override
        public long peakStepBytes() {
            return slab.peakBytes();
        }

        @Override
        public void close() {
            scope.close();
            raw.close();
        }
    }

    /// A step, or scratch within one: a bracket on the slab, with released tensors kept by size for the
    /// next of their size.
    final class Step implements Lifetime {
        private final Run run;
        private final Slab slab;
        private final Slab.Mark mark;
        private final Arena scope = Arena.ofShared();
        private final Map<Long, ArrayDeque<Long>> free = new HashMap<>(); // bytes → addresses

        private Step(Run run, Slab slab) {
            this.run = run;
            this.slab = slab;
            this.mark = slab.mark();
        }

        @Override
        public Tensor empty(DType dtype, Shape shape) {
            if (!scope.scope().isAlive()) throw new IllegalStateException("Already closed");
            long bytes = dtype.bytes(shape.size());
            long taken = slab.rounded(bytes);
            ArrayDeque<Long> reusable = free.get(taken);
            long address = reusable == null || reusable.isEmpty() ? slab.take(taken) : reusable.pop();
            slab.forget(address, bytes);
            return tensor(address, dtype, shape, scope);
        }

        @Override
        public void release(Tensor t) {
            if (!t.data().scope().equals(scope.scope())) return; // another lifetime's: not ours to reuse
            MemorySegment data = t.takeData();
            slab.forget(data.address(), data.byteSize());
            free.computeIfAbsent(slab.rounded(data.byteSize()), _ -> new ArrayDeque<>())
                    .push(data.address());
        }

        @Override
        public Lifetime openStep() {
            return new Step(run, slab);
        }

        @Override
        public long bytesInUse() {
            return run.bytesInUse();
        }

        @Override
        public long peakStepBytes() {
            return slab.peakBytes();
        }

        @Override
        public void close() {
            scope.close();
            slab.reset(mark);
        }
    }
}
