package dev.gradine.cuda.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// One contiguous piece of simulated memory: an allocation, the shared memory of a block, the local
/// memory of a warp.
final class Region {

    static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    final String name;
    final long base;
    final byte[] bytes;

    /// What is known of each byte, null where nobody wants to know.
    final @Nullable Shadow shadow;

    /// Memory of which nothing but its bytes is known.
    ///
    /// @param name for messages
    /// @param base address of its first byte
    Region(String name, long base, byte[] bytes) {
        this(name, base, bytes, null);
    }

    /// Memory whose accesses are recorded.
    Region(String name, long base, byte[] bytes, @Nullable Shadow shadow) {
        this.name = name;
        this.base = base;
        this.bytes = bytes;
        this.shadow = shadow;
    }

    /// The same bytes, with a record of who accesses them; nothing is written so far.
    Region watched() {
        return new Region(name, base, bytes, new Shadow(name, base, bytes.length));
    }

    /// What is known of each byte, of memory that is watched.
    Shadow watcher() {
        if (shadow == null) throw new IllegalStateException(name + " is not watched");
        return shadow;
    }

    /// Nothing is written any more.
    void forget() {
        if (shadow != null) shadow.clear();
    }

    /// The host has written `count` bytes from `at` on.
    void initialised(int at, long count) {
        if (shadow != null) shadow.initialise(at, (int) count);
    }

    int getShort(int at) {
        return (short) SHORT.get(bytes, at) & 0xffff;
    }

    int getInt(int at) {
        return (int) INT.get(bytes, at);
    }

    long getLong(int at) {
        return (long) LONG.get(bytes, at);
    }

    void setShort(int at, int value) {
        SHORT.set(bytes, at, (short) value);
    }

    void setInt(int at, int value) {
        INT.set(bytes, at, value);
    }

    void setLong(int at, long value) {
        LONG.set(bytes, at, value);
    }

    boolean holds(long address, int count) {
        long at = address - base;
        return at >= 0 && at <= bytes.length - count;
    }

    @Override
    public String toString() {
        return "%s of %,d bytes at 0x%x".formatted(name, bytes.length, base);
    }
}
