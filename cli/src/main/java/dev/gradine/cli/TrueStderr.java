package dev.gradine.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Standard error as the launcher was started with it.
///
/// The launcher has the JDK's announcement of an incubator module filtered out of standard error, by a pipe that is
/// there while the JVM starts. It keeps the true one under another number, and `restore` puts that in the place of the
/// pipe with `dup2`: a terminal is one again, and nothing is held back any more.
final class TrueStderr {

    private static final int STDERR = 2;

    private TrueStderr() {}

    /// Puts the true standard error back, if the launcher kept one.
    static void restore() {
        Integer kept = Integer.getInteger("gradine.stderr");
        if (kept == null) return;
        call("dup2", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), kept);
    }

    @SuppressWarnings("restricted") // java.flags enables native access
    private static void call(String name, FunctionDescriptor type, int kept) {
        Linker linker = Linker.nativeLinker();
        MemorySegment function = linker.defaultLookup().findOrThrow(name);
        try {
            int result = (int) linker.downcallHandle(function, type).invokeExact(kept, STDERR);
            if (result != STDERR) throw new IllegalStateException("stderr: number " + kept + " is not open");
        } catch (Throwable e) {
            throw new IllegalStateException("stderr: " + name + " failed", e);
        }
    }
}
