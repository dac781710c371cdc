package dev.gradine.cuda.sim;

/// What the copy engine does to global memory because a lane says so: bounds, traffic, and what is known
/// of each byte.
final class EngineAccess {

    private static final int SECTOR_BITS = 5;

    private final Warp w;
    private final int lane;

    EngineAccess(Warp w, int lane) {
        this.w = w;
        this.lane = lane;
    }

    /// The memory that holds `bytes` bytes from `address` on, which are read.
    Region read(long address, int bytes) {
        Region region = find(address, bytes, "reads");
        Shadow shadow = region.shadow;
        if (shadow == null || !w.block.launch.run().options().isWatched()) return region;
        try {
            shadow.readForEngine(w.block.order, thread(), (int) (address - region.base), bytes);
        } catch (AccessException e) {
            throw w.fault(e, address);
        }
        return region;
    }

    /// The same for bytes that are written.
    Region write(long address, int bytes) {
        Region region = find(address, bytes, "writes");
        Shadow shadow = region.shadow;
        if (shadow == null || !w.block.launch.run().options().isWatched()) return region;
        int at = (int) (address - region.base);
        try {
            for (int next = at; next < at + bytes; ) {
                int unit = Math.min(4, Integer.lowestOneBit(next | (at + bytes - next)));
                shadow.write(w.block.order, thread(), next, unit);
                shadow.arriveByEngine(w.block.order, Engine.writes(w.index), next, unit);
                next += unit;
            }
        } catch (AccessException e) {
            throw w.fault(e, address);
        }
        return region;
    }

    private int thread() {
        return w.index * Warp.LANES + lane;
    }

    private Region find(long address, int bytes, String verb) {
        GlobalMemory memory = w.block.launch.memory();
        Region region = memory.near(address, bytes);
        if (!region.holds(address, bytes)) {
            throw w.fault(
                    lane,
                    address,
                    "%s %s %d bytes at 0x%x of global memory (%s)"
                            .formatted(w.name(), verb, bytes, address, memory.describe(address)),
                    "an address in it");
        }
        Tally tally = w.block.launch.run().counters();
        tally.globalRequests++;
        tally.globalSectors += ((address + bytes - 1) >> SECTOR_BITS) - (address >> SECTOR_BITS) + 1;
        return region;
    }
}
