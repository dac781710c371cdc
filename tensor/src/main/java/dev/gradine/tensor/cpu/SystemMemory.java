package dev.gradine.tensor.cpu;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Memory from the C library. An arena would write zeros into all of it at once.
final class SystemMemory {

    private static final MethodHandle CALLOC = function(
            "calloc", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE = function("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

    private SystemMemory() {}

    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }

    /// So many bytes, all zero.
    ///
    /// @throws OutOfMemoryError if the system has not as many
    static MemorySegment zeros(long bytes) {
        MemorySegment piece;
        try {
            piece = (MemorySegment) CALLOC.invokeExact(1L, bytes);
        } catch (Throwable e) {
            throw new IllegalStateException("calloc", e);
        }
        if (piece.address() == 0) throw new OutOfMemoryError("the system has no %d bytes".formatted(bytes));
        return piece;
    }

    /// Gives back what `zeros` gave.
    static void free(MemorySegment piece) {
        try {
            FREE.invokeExact(piece);
        } catch (Throwable e) {
            throw new IllegalStateException("free", e);
        }
    }
}
