package dev.gradine.io;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// Gives pages of mapped files back to the system. Their content is not lost: who reads them again finds them in the
/// file again.
final class MappedPages {

    private static final long PAGE = 1 << 16; // bytes, the largest that systems have
    private static final int DONT_NEED = 4; // MADV_DONTNEED of Linux and macOS
    private static final FunctionDescriptor TYPE = FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT);
    private static final Optional<MethodHandle> ADVISE = advise();

    private MappedPages() {}

    @SuppressWarnings("restricted") // java.flags enables native access
    private static Optional<MethodHandle> advise() {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup().find("madvise").map(f -> linker.downcallHandle(f, TYPE));
    }

    /// Gives back the whole pages of `memory`. Nothing happens if it is no part of a file that is mapped to be
    /// read, or if the system has no such call.
    static void release(MemorySegment memory) {
        if (!memory.isMapped() || !memory.isReadOnly()) return;
        long from = Math.ceilDiv(memory.address(), PAGE) * PAGE;
        long to = Math.floorDiv(memory.address() + memory.byteSize(), PAGE) * PAGE;
        if (from < to) ADVISE.ifPresent(f -> release(f, MemorySegment.ofAddress(from), to - from));
    }

    private static void release(MethodHandle madvise, MemorySegment from, long bytes) {
        int result;
        try {
            result = (int) madvise.invokeExact(from, bytes, DONT_NEED);
        } catch (Throwable e) {
            throw new IllegalStateException("pages: madvise failed", e);
        }
        if (result != 0) throw new IllegalStateException("pages: madvise of %d bytes was refused".formatted(bytes));
    }
}
