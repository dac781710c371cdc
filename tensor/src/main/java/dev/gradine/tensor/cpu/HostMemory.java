package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.memory.RawMemory;
import java.lang.foreign.Arena;

/// The host's memory. All of it goes at once, for that is what an arena does.
final class HostMemory implements RawMemory {

    private static final boolean POISON = HostMemory.class.desiredAssertionStatus();

    private final Arena arena = Arena.ofShared();

    @Override
    public long allocate(long bytes) {
        return arena.allocate(bytes, Tensor.ALIGNMENT).address();
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
    }
}
