package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.memory.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// The host's memory. All of it goes at once, for that is what an arena does.
///
/// Large pieces are the system's own zeros: their pages are there once they are touched, so that a cache with room to
/// spare costs what is in it.
final class HostMemory implements RawMemory {

    private static final long LARGE = 1 << 20; // bytes

    private static final boolean POISON = HostMemory.class.desiredAssertionStatus();

    private final Arena arena = Arena.ofShared();
    private final Queue<MemorySegment> large = new ConcurrentLinkedQueue<>();

    @Override
    public long allocate(long bytes) {
        if (bytes < LARGE) return arena.allocate(bytes, Tensor.ALIGNMENT).address();
        MemorySegment piece = SystemMemory.zeros(bytes + Tensor.ALIGNMENT);
        large.add(piece);
        return Math.ceilDiv(piece.address(), Tensor.ALIGNMENT) * Tensor.ALIGNMENT;
    }

    @Override
    public void free(long address) {
        throw new IllegalStateException("host memory: freed one by one, expected at the end");
    }

    @Override
    public void forget(long address, long bytes) {
        if (POISON) Native.MEMORY.asSlice(address, bytes).fill((byte) 0xff); // NaN in every float type
    }

    @Override
    public void close() {
        arena.close();
        large.forEach(SystemMemory::free);
        large.clear();
    }
}
