package dev.gradine.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradine.gpu.Operation;
import dev.gradine.gpu.TensorMap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// What the driver reads of an operation: `CUDA_KERNEL_NODE_PARAMS`, `CUDA_MEMCPY3D` or `CUDA_MEMSET_NODE_PARAMS`.
///
/// They are written here because JCuda drops the offset of an address in the last of them.
final class NodeParameters {

    private static final int LONG = 8;
    private static final int INT = 4;
    private static final int MAP_ALIGNMENT = 64;
    private static final int ON_DEVICE = 2; // CU_MEMORYTYPE_DEVICE

    private static final int KERNEL_BYTES = 9 * LONG;
    private static final int KERNEL_ARGUMENTS = 5 * LONG; // address of the addresses
    private static final int COPY_BYTES = 25 * LONG;
    private static final int COPY_SIZE = 22 * LONG;
    private static final int FILL_BYTES = 5 * LONG;

    private final CudaHandles gpu;
    private final MemorySegment head;
    private final MemorySegment[] arguments;
    private Object what = "";

    /// @param arena of the graph
    NodeParameters(CudaHandles gpu, Operation operation, Arena arena) {
        this.gpu = gpu;
        switch (operation) {
            case Operation.Launch launch -> {
                head = arena.allocate(KERNEL_BYTES, LONG);
                arguments = room(launch.arguments(), arena);
                MemorySegment addresses = arena.allocate(ADDRESS, Math.max(1, arguments.length));
                for (int i = 0; i < arguments.length; i++) addresses.setAtIndex(ADDRESS, i, arguments[i]);
                head.set(ADDRESS, KERNEL_ARGUMENTS, addresses);
            }
            case Operation.Copy _ -> {
                head = arena.allocate(COPY_BYTES, LONG);
                arguments = new MemorySegment[0];
            }
            case Operation.Fill _, Operation.Forget _ -> {
                head = arena.allocate(FILL_BYTES, LONG);
                arguments = new MemorySegment[0];
            }
        }
        write(operation);
    }

    private static MemorySegment[] room(List<Object> arguments, Arena arena) {
        return arguments.stream()
                .map(a -> a instanceof TensorMap
                        ? arena.allocate(TensorMap.BYTES, MAP_ALIGNMENT)
                        : arena.allocate(LONG, LONG))
                .toArray(MemorySegment[]::new);
    }

    /// Where they begin.
    MemorySegment address() {
        return head;
    }

    /// Writes another operation of the same kind.
    void write(Operation operation) {
        switch (operation) {
            case Operation.Launch launch -> writeLaunch(launch);
            case Operation.Copy(long from, long to, long bytes) -> writeCopy(from, to, bytes);
            case Operation.Fill(long to, byte value, long bytes) -> writeFill(to, value, bytes);
            case Operation.Forget(long address, long bytes) -> writeFill(address, (byte) 0xff, bytes);
        }
    }

    private void writeLaunch(Operation.Launch launch) {
        var grid = launch.grid();
        what = new Launched(launch.kernel(), grid);
        Modules.Function f = gpu.modules().function(launch.kernel());
        f.signatures().require(launch.kernel().entry(), launch.arguments().toArray());
        f.allowShared(grid.sharedBytes(), what);
        head.set(JAVA_LONG, 0, f.address());
        int[] sizes = {grid.x(), grid.y(), grid.z(), grid.threads(), 1, 1, grid.sharedBytes()};
        MemorySegment.copy(sizes, 0, head, JAVA_INT, LONG, sizes.length);
        for (int i = 0; i < arguments.length; i++) {
            writeArgument(launch.arguments().get(i), arguments[i]);
        }
    }

    private void writeArgument(Object argument, MemorySegment to) {
        switch (argument) {
            case Long l -> to.set(JAVA_LONG, 0, l);
            case Integer i -> to.set(JAVA_INT, 0, i);
            case Float f -> to.set(JAVA_FLOAT, 0, f);
            case TensorMap map -> to.copyFrom(MemorySegment.ofArray(gpu.maps().encoded(map)));
            default -> throw new IllegalArgumentException("argument is " + argument); // Signatures let it through
        }
    }

    /// One row: source in the first eleven words, destination in the next, then the size.
    private void writeCopy(long from, long to, long bytes) {
        what = "copy of %,d bytes".formatted(bytes);
        head.set(JAVA_INT, 4 * LONG, ON_DEVICE);
        head.set(JAVA_LONG, 6 * LONG, from);
        head.set(JAVA_INT, 15 * LONG, ON_DEVICE);
        head.set(JAVA_LONG, 17 * LONG, to);
        long[] size = {bytes, 1, 1};
        MemorySegment.copy(size, 0, head, JAVA_LONG, COPY_SIZE, size.length);
    }

    /// One row of bytes: address, pitch, value and size of one, width, height.
    private void writeFill(long to, byte value, long bytes) {
        what = "fill of %,d bytes".formatted(bytes);
        head.set(JAVA_LONG, 0, to);
        head.set(JAVA_INT, 2 * LONG, Byte.toUnsignedInt(value));
        head.set(JAVA_INT, 2 * LONG + INT, 1);
        head.set(JAVA_LONG, 3 * LONG, bytes);
        head.set(JAVA_LONG, 4 * LONG, 1L);
    }

    /// The operation, for messages.
    @Override
    public String toString() {
        return what.toString();
    }
}
