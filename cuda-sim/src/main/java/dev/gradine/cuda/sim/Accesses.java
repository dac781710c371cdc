package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Target.Space;
import java.util.Arrays;
import java.util.Locale;

/// Finds, checks and counts what the lanes of a warp access: for every lane the piece of memory and the
/// place in it.
final class Accesses {

    /// What a step does there.
    enum Kind {
        READS,
        WRITES,
        UPDATES,
        /// Only finds the place.
        NOTHING
    }

    private static final int SECTOR_BITS = 5;
    private static final int BANKS = 32;
    private static final Region NOWHERE = new Region("nothing", 0, new byte[0]);

    /// By lane: the memory, and the first byte in it.
    final Region[] regions = new Region[Warp.LANES];

    final int[] offsets = new int[Warp.LANES];
    final long[] addresses = new long[Warp.LANES];

    private final Warp w;
    private final long[] sectors = new long[Warp.LANES];
    private final int[] passes = new int[BANKS];
    private final int[][] words = new int[BANKS][Warp.LANES * 4];

    Accesses(Warp w) {
        this.w = w;
    }

    /// Fills `regions`, `offsets` and `addresses` for the lanes in `mask`.
    ///
    /// @param bytes that each lane accesses, also the alignment of its address
    void resolve(Target t, int mask, int bytes, Kind kind) {
        switch (t.space()) {
            case GLOBAL -> global(t, mask, bytes, kind);
            case SHARED -> shared(t, mask, bytes, kind);
            case GENERIC -> generic(t, mask, bytes, kind);
            case LOCAL -> local(t, mask, bytes, kind);
            case CONST -> single(t, mask, bytes, w.program.constants());
            case PARAM -> single(t, mask, bytes, w.block.launch.parameters());
        }
        watch(mask, bytes, kind);
    }

    /// Fills them for one lane that reads `count` bytes, fewer than what it is aligned to.
    void resolvePart(Target t, int lane, int align, int count) {
        long address = t.address(w, lane);
        if (count == 0) {
            regions[lane] = NOWHERE;
            offsets[lane] = 0;
            return;
        }
        locateGlobal(lane, address, count, Kind.READS);
        requireAligned(lane, address, align, "global memory");
        Shadow shadow = regions[lane].shadow;
        if (shadow == null || !w.block.launch.run().options().isWatched()) return;
        try {
            int unit = Math.min(4, Integer.lowestOneBit(count));
            for (int k = 0; k < count; k += unit) {
                shadow.read(w.block.order, w.index * Warp.LANES + lane, offsets[lane] + k, unit);
            }
        } catch (AccessException e) {
            throw w.fault(e, address);
        }
    }

    private void global(Target t, int mask, int bytes, Kind kind) {
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            locateGlobal(lane, t.address(w, lane), bytes, kind);
        }
        countSectors(mask);
    }

    private void locateGlobal(int lane, long address, int bytes, Kind kind) {
        GlobalMemory memory = w.block.launch.memory();
        Region region = memory.near(address, bytes);
        if (!region.holds(address, bytes)) {
            throw bad(lane, address, bytes, kind, "global memory (%s)".formatted(memory.describe(address)));
        }
        place(lane, address, region, bytes, "global memory");
    }

    private void shared(Target t, int mask, int bytes, Kind kind) {
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            locate(lane, t.address(w, lane), bytes, w.block.shared, kind);
        }
        countConflicts(mask, bytes);
    }

    private void local(Target t, int mask, int bytes, Kind kind) {
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            locateLocal(lane, t.address(w, lane), bytes, kind);
        }
    }

    private void locateLocal(int lane, long address, int bytes, Kind kind) {
        int size = w.program.localBytes();
        if (address < 0 || address > size - bytes) {
            throw bad(lane, address, bytes, kind, "local memory (a thread has %d bytes)".formatted(size));
        }
        place(lane, address, w.local, bytes, "local memory");
        offsets[lane] += lane * size;
    }

    private void single(Target t, int mask, int bytes, Region region) {
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            locate(lane, t.address(w, lane), bytes, region, Kind.READS);
        }
    }

    private void locate(int lane, long address, int bytes, Region region, Kind kind) {
        if (!region.holds(address, bytes)) {
            String what = "%s (it has %,d bytes)".formatted(region.name, region.bytes.length);
            throw bad(lane, address, bytes, kind, what);
        }
        place(lane, address, region, bytes, region.name);
    }

    private void generic(Target t, int mask, int bytes, Kind kind) {
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long address = t.address(w, lane);
            Space space = Space.of(address);
            switch (space) {
                case SHARED -> locate(lane, address - space.window, bytes, w.block.shared, kind);
                case LOCAL -> locateLocal(lane, address - space.window, bytes, kind);
                case CONST -> locate(lane, address - space.window, bytes, w.program.constants(), kind);
                default -> locateGlobal(lane, address, bytes, kind);
            }
        }
    }

    private void requireAligned(int lane, long address, int align, String what) {
        if ((address & (align - 1)) == 0) return;
        throw w.fault(
                lane,
                address,
                "%s accesses %d bytes of %s at 0x%x".formatted(w.name(), align, what, address),
                "an address that is a multiple of " + align);
    }

    private void place(int lane, long address, Region region, int bytes, String what) {
        requireAligned(lane, address, Integer.highestOneBit(bytes), what);
        regions[lane] = region;
        offsets[lane] = (int) (address - region.base);
        addresses[lane] = address;
    }

    /// Enters the accesses of all lanes in what is known of the bytes.
    private void watch(int mask, int bytes, Kind kind) {
        if (!w.block.launch.run().options().isWatched()) return;
        int lane = 0;
        try {
            for (int m = mask; m != 0; m &= m - 1) {
                lane = Integer.numberOfTrailingZeros(m);
                Shadow shadow = regions[lane].shadow;
                if (shadow != null) watch(shadow, lane, bytes, kind);
            }
        } catch (AccessException e) {
            throw w.fault(e, addresses[lane]);
        }
    }

    private void watch(Shadow shadow, int lane, int bytes, Kind kind) {
        int thread = w.index * Warp.LANES + lane;
        int at = offsets[lane];
        switch (kind) {
            case READS -> shadow.read(w.block.order, thread, at, bytes);
            case WRITES, UPDATES -> {
                requireNoMbarrier(lane, bytes);
                if (kind == Kind.WRITES) shadow.write(w.block.order, thread, at, bytes);
                else shadow.update(w.block.order, thread, at, bytes);
            }
            case NOTHING -> {}
        }
    }

    private void requireNoMbarrier(int lane, int bytes) {
        if (regions[lane] != w.block.shared) return;
        String mbarrier = w.block.mbarriers.within(offsets[lane], bytes);
        if (mbarrier.isEmpty()) return;
        throw w.fault(
                lane,
                addresses[lane],
                "%s of %d bytes of shared memory at 0x%x, where %s is"
                        .formatted(w.name(), bytes, addresses[lane], mbarrier),
                "mbarrier instructions alone");
    }

    private Fault bad(int lane, long address, int bytes, Kind kind, String what) {
        String verb = kind == Kind.NOTHING ? "uses" : kind.name().toLowerCase(Locale.ROOT);
        String text = "%s %s %d bytes at 0x%x of %s".formatted(w.name(), verb, bytes, address, what);
        return w.fault(lane, address, text, "an address in it");
    }

    /// Sectors of 32 bytes that the lanes touch together; an aligned access lies in one.
    private void countSectors(int mask) {
        int count = 0;
        long last = -1;
        for (int m = mask; m != 0; m &= m - 1) {
            long sector = addresses[Integer.numberOfTrailingZeros(m)] >>> SECTOR_BITS;
            if (sector == last) continue;
            last = sector;
            int i = 0;
            while (i < count && sectors[i] != sector) i++;
            if (i == count) sectors[count++] = sector;
        }
        Tally tally = w.block.launch.run().counters();
        tally.globalRequests++;
        tally.globalSectors += count;
    }

    /// Shared memory serves 32 banks of 4 bytes at once, one word of each; wider accesses go in halves or
    /// quarters of a warp. Lanes that want the same word share it.
    private void countConflicts(int mask, int bytes) {
        int wide = Math.max(1, bytes / Integer.BYTES);
        int lanes = Warp.LANES / wide;
        int conflicts = 0;
        for (int first = 0; first < Warp.LANES; first += lanes) {
            int part = mask & (int) (((1L << lanes) - 1) << first);
            if (part != 0) conflicts += passes(part, wide) - 1;
        }
        Tally tally = w.block.launch.run().counters();
        tally.sharedRequests++;
        tally.sharedConflicts += conflicts;
    }

    private int passes(int mask, int wide) {
        Arrays.fill(passes, 0);
        int most = 1;
        for (int m = mask; m != 0; m &= m - 1) {
            int word = (int) (addresses[Integer.numberOfTrailingZeros(m)] >>> 2);
            for (int k = word; k < word + wide; k++) most = Math.max(most, want(k));
        }
        return most;
    }

    private int want(int word) {
        int bank = word % BANKS;
        int[] wanted = words[bank];
        for (int i = 0; i < passes[bank]; i++) if (wanted[i] == word) return passes[bank];
        wanted[passes[bank]++] = word;
        return passes[bank];
    }
}
