package dev.gradine.cuda.sim;

import dev.gradine.gpu.OutOfDeviceMemoryException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/// Device memory: allocations at addresses that are never used twice, with red zones between them, so that what runs
/// over the end of one, or uses one that was freed, finds nothing.
final class GlobalMemory {

    /// Above 32 bits, so that an address cut to an int finds nothing either.
    private static final long FIRST = 0x10_0000_0000L;

    private static final int ALIGN = 256;
    private static final int RED_ZONE = 4096;

    /// An f32 or bf16 of these bytes is a NaN, an integer is -1.
    private static final byte UNDEFINED = (byte) 0xff;

    private final String device;
    private final long limit;
    private final boolean isWatched;
    private final TreeMap<Long, Region> regions = new TreeMap<>();
    private final TreeMap<Long, Region> freed = new TreeMap<>();
    private long next = FIRST;
    private long used;
    private int count;
    private Region last = new Region("nothing", 0, new byte[0]);

    /// @param device name for messages
    /// @param limit bytes that can be allocated together
    /// @param isWatched whether reads of what nobody wrote and races are looked for
    GlobalMemory(String device, long limit, boolean isWatched) {
        this.device = device;
        this.isWatched = isWatched;
        this.limit = limit;
    }

    long freeBytes() {
        return limit - used;
    }

    Region allocate(long bytes) {
        if (bytes < 0) throw new IllegalArgumentException("allocate: bytes is " + bytes + ", expected >= 0");
        if (bytes > freeBytes() || bytes > Integer.MAX_VALUE - 8) {
            throw new OutOfDeviceMemoryException(device, bytes, freeBytes());
        }
        byte[] content = new byte[(int) bytes];
        Arrays.fill(content, UNDEFINED);
        Region plain = new Region("allocation " + ++count, next, content);
        Region region = isWatched ? plain.watched() : plain;
        regions.put(next, region);
        next = Math.ceilDiv(next + bytes + RED_ZONE, ALIGN) * ALIGN;
        used += bytes;
        return region;
    }

    void free(long address) {
        Region region = regions.remove(address);
        if (region == null) {
            throw new IllegalArgumentException(
                    "free: address is 0x%x, expected what allocate returned".formatted(address));
        }
        used -= region.bytes.length;
        freed.put(address, new Region(region.name + " (freed)", address, new byte[0]));
        last = new Region("nothing", 0, new byte[0]);
    }

    /// The allocation that holds `bytes` bytes from `address` on, or one that does not, which the caller tests.
    Region near(long address, int bytes) {
        if (last.holds(address, bytes)) return last;
        Map.Entry<Long, Region> below = regions.floorEntry(address);
        if (below != null) last = below.getValue();
        return last;
    }

    /// The allocation that holds `bytes` bytes from `address` on, for copies from and to the host.
    Region range(String what, long address, long bytes) {
        Region region = near(address, 0);
        long at = address - region.base;
        if (at < 0 || bytes < 0 || at > region.bytes.length - bytes) {
            throw new IllegalArgumentException("%s: %,d bytes at 0x%x are in no allocation; %s"
                    .formatted(what, bytes, address, describe(address)));
        }
        return region;
    }

    /// Where an address lies that is in no allocation.
    String describe(long address) {
        Map.Entry<Long, Region> gone = freed.floorEntry(address);
        Map.Entry<Long, Region> below = regions.floorEntry(address);
        if (below == null && gone == null) return "no allocation begins below";
        boolean isGone = below == null || (gone != null && gone.getKey() > below.getKey());
        Region r = isGone ? gone.getValue() : below.getValue();
        long past = address - r.base - r.bytes.length;
        if (isGone) return "it is " + past + " bytes after the beginning of " + r.name;
        return past < 0 ? "it ends after " + r : "it is " + past + " bytes after the end of " + r;
    }

    void upload(MemorySegment from, long to) {
        Region r = range("upload", to, from.byteSize());
        MemorySegment.copy(from, 0, MemorySegment.ofArray(r.bytes), to - r.base, from.byteSize());
        r.initialised((int) (to - r.base), from.byteSize());
    }

    void download(long from, MemorySegment to) {
        Region r = range("download", from, to.byteSize());
        MemorySegment.copy(MemorySegment.ofArray(r.bytes), from - r.base, to, 0, to.byteSize());
    }

    void copy(long from, long to, long bytes) {
        Region source = range("copy", from, bytes);
        Region target = range("copy", to, bytes);
        System.arraycopy(source.bytes, (int) (from - source.base), target.bytes, (int) (to - target.base), (int) bytes);
        target.initialised((int) (to - target.base), bytes);
    }

    /// Back to undefined content; known as never written where it is a whole allocation.
    void forget(long address, long bytes) {
        Region r = range("forget", address, bytes);
        fill(address, UNDEFINED, bytes);
        if (bytes == r.bytes.length) r.forget();
    }

    void fill(long to, byte value, long bytes) {
        Region r = range("fill", to, bytes);
        int at = (int) (to - r.base);
        Arrays.fill(r.bytes, at, at + (int) bytes, value);
        r.initialised(at, bytes);
    }
}
