package dev.gradine.io;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// What only the system knows of standard error, asked of its C library.
public final class StandardError {

    private static final int NUMBER = 2;
    private static final int FIELDS = 4; // of 16 bits: rows, columns, and the same in pixels
    private static final long LINUX = 0x5413; // TIOCGWINSZ
    private static final long MAC = 0x40087468;

    private StandardError() {}

    /// Puts another open file in the place of standard error: `dup2(number, 2)`.
    ///
    /// @param number of the file, as the system counts the open files of a process
    /// @throws IllegalStateException if no file of that number is open
    public static void become(int number) {
        FunctionDescriptor type =
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        int result;
        try {
            result = (int) function("dup2", type).invokeExact(number, NUMBER);
        } catch (Throwable e) {
            throw new IllegalStateException("stderr: dup2 failed", e);
        }
        if (result != NUMBER) throw new IllegalStateException("stderr: number " + number + " is not open");
    }

    /// Columns of the terminal behind standard error, as wide as it is now: `ioctl(2, TIOCGWINSZ, …)`. 0 if there is
    /// none or it does not tell.
    public static int columns() {
        String os = System.getProperty("os.name", "");
        if (!os.equals("Linux") && !os.startsWith("Mac")) return 0;
        FunctionDescriptor type = FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle ioctl = function("ioctl", type, Linker.Option.firstVariadicArg(2));
            MemorySegment size = arena.allocate(ValueLayout.JAVA_SHORT, FIELDS);
            int result = (int) ioctl.invokeExact(NUMBER, os.equals("Linux") ? LINUX : MAC, size);
            return result == 0 ? Short.toUnsignedInt(size.getAtIndex(ValueLayout.JAVA_SHORT, 1)) : 0;
        } catch (Throwable e) {
            throw new IllegalStateException("stderr: ioctl failed", e);
        }
    }

    @SuppressWarnings("restricted") // java.flags enables native access
    private static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
    }
}
