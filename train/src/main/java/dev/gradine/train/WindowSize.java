package dev.gradine.train;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// How wide a terminal is now, asked of the system: `ioctl(fd, TIOCGWINSZ, &{ rows, columns, … })`.
final class WindowSize {

    private static final int STDERR = 2;
    private static final int FIELDS = 4; // of 16 bits: rows, columns, and the same in pixels
    private static final long LINUX = 0x5413;
    private static final long MAC = 0x40087468;

    private final MethodHandle ioctl;

    /// @throws IllegalArgumentException if the system has no such call
    @SuppressWarnings("restricted") // java.flags enables native access
    WindowSize() {
        Linker linker = Linker.nativeLinker();
        MemorySegment function = linker.defaultLookup()
                .find("ioctl")
                .orElseThrow(() -> new IllegalArgumentException("terminal: the system has no ioctl"));
        ioctl = linker.downcallHandle(
                function,
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
                Linker.Option.firstVariadicArg(2));
    }

    /// Columns of the terminal behind standard error; 0 if there is none or it does not tell.
    int columns() {
        long request = System.getProperty("os.name", "").startsWith("Mac") ? MAC : LINUX;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(ValueLayout.JAVA_SHORT, FIELDS);
            int result = (int) ioctl.invokeExact(STDERR, request, size);
            return result == 0 ? Short.toUnsignedInt(size.getAtIndex(ValueLayout.JAVA_SHORT, 1)) : 0;
        } catch (Throwable e) {
            throw new IllegalStateException("terminal: ioctl failed", e);
        }
    }
}
