package dev.gradine.cuda.sim;

import dev.gradine.cuda.TensorMap;
import dev.gradine.cuda.sim.BulkCopies.Box;

/// One box of a tensor while it is copied, row by row. Shared memory holds its rows one after the other,
/// their pieces of 16 bytes permuted as the swizzle says; what lies outside of the tensor is zero there,
/// and not written back.
final class TensorBox {

    private static final int PIECE = 16;
    private static final int SECTOR_BITS = 5;

    private final Warp w;
    private final int lane;
    private final TensorMap map;
    private final int[] first;
    private final int row;
    private final int rows;

    /// @param lane that copies it
    TensorBox(Warp w, int lane, Box box) {
        this.w = w;
        this.lane = lane;
        this.map = box.map();
        this.first = box.first();
        this.row = map.box().getFirst() * map.valueBytes();
        this.rows = box.bytes() / row;
    }

    /// Reads it from global memory.
    ///
    /// @param at where it will lie in shared memory
    /// @param content its bytes from there on
    void read(int at, byte[] content) {
        int width = width();
        for (int r = 0; r < rows; r++) {
            long from = address(r);
            if (from == 0 || width == 0) continue;
            Region region = global(from, width, "reads");
            int source = (int) (from - region.base);
            watch(region, source, width, true);
            int start = row * r + skipped();
            for (int i = 0; i < width; ) {
                int count = Math.min(PIECE - (start + i) % PIECE, width - i);
                System.arraycopy(region.bytes, source + i, content, permuted(at + start + i) - at, count);
                i += count;
            }
        }
    }

    /// Writes it to global memory.
    ///
    /// @param at where it lies in shared memory
    void write(int at, byte[] shared) {
        int width = width();
        for (int r = 0; r < rows; r++) {
            long to = address(r);
            if (to == 0 || width == 0) continue;
            Region region = global(to, width, "writes");
            int target = (int) (to - region.base);
            watch(region, target, width, false);
            int start = row * r + skipped();
            for (int i = 0; i < width; ) {
                int count = Math.min(PIECE - (start + i) % PIECE, width - i);
                System.arraycopy(shared, permuted(at + start + i), region.bytes, target + i, count);
                i += count;
            }
        }
    }

    private int permuted(int address) {
        return map.swizzle() == 0 ? address : Descriptor.permuted(address, map.swizzle());
    }

    /// Bytes of a row before the tensor begins.
    private int skipped() {
        return (int) Math.min(Math.max(0, -(long) first[0]) * map.valueBytes(), row);
    }

    /// Bytes of a row that are in the tensor.
    private int width() {
        long begin = Math.max(0, first[0]);
        long end = Math.min(map.sizes().getFirst(), (long) first[0] + map.box().getFirst());
        return (int) Math.max(0, (end - begin) * map.valueBytes());
    }

    /// Where the part of row `r` that is in the tensor begins, 0 if nothing of it is.
    private long address(int r) {
        long address = map.address() + Math.max(0L, first[0]) * map.valueBytes();
        int left = r;
        for (int d = 1; d < first.length; d++) {
            long at = first[d] + (long) (left % map.box().get(d));
            left /= map.box().get(d);
            if (at < 0 || at >= map.sizes().get(d)) return 0;
            address += at * map.strides().get(d - 1);
        }
        return address;
    }

    private Region global(long address, int bytes, String verb) {
        GlobalMemory memory = w.block.launch.memory();
        Region region = memory.near(address, bytes);
        if (!region.holds(address, bytes)) {
            throw w.fault(
                    lane,
                    address,
                    "%s %s %d bytes at 0x%x of global memory (%s)"
                            .formatted(w.name(), verb, bytes, address, memory.describe(address)),
                    "a tensor map of what is allocated");
        }
        Tally tally = w.block.launch.run().counters();
        tally.globalRequests++;
        tally.globalSectors += ((address + bytes - 1) >> SECTOR_BITS) - (address >> SECTOR_BITS) + 1;
        return region;
    }

    private void watch(Region region, int at, int count, boolean reads) {
        Shadow shadow = region.shadow;
        if (shadow == null || !w.block.launch.run().options().isWatched()) return;
        Order order = w.block.order;
        int thread = w.index * Warp.LANES + lane;
        try {
            if (reads) {
                shadow.readForEngine(order, thread, at, count);
                return;
            }
            for (int next = at; next < at + count; ) {
                int unit = Math.min(4, Integer.lowestOneBit(next | (at + count - next)));
                shadow.write(order, thread, next, unit);
                shadow.arriveByEngine(order, Engine.writes(w.index), next, unit);
                next += unit;
            }
        } catch (AccessException e) {
            throw w.fault(e, region.base + at);
        }
    }
}
