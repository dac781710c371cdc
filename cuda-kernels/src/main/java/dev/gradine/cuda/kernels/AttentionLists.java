package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.kernel.Sequences;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// What the blocks of an attention kernel do, listed on the device once for all layers of a step.
final class AttentionLists {

    private final Gpu gpu;
    private final Workspace memory;
    private @Nullable Listed last;

    /// The tiles of `sequences` in `queryRows` and `keyRows` rows, at `address` on the device.
    record Listed(Sequences sequences, int queryRows, int keyRows, AttentionTiles tiles, long address) {

        /// Where the tiles of keys are.
        long keys() {
            return address + tiles.keysAt();
        }

        /// Where the sources of the tiles of keys are.
        long sources() {
            return address + tiles.sourcesAt();
        }
    }

    AttentionLists(Gpu gpu) {
        this.gpu = gpu;
        this.memory = new Workspace(gpu);
    }

    /// The lists for these sequences, valid until the next call with others.
    Listed of(Sequences sequences, int queryRows, int keyRows) {
        Listed l = last;
        if (l != null && l.sequences == sequences && l.queryRows == queryRows && l.keyRows == keyRows) return l;
        AttentionTiles tiles = AttentionTiles.of(sequences, queryRows, keyRows);
        int[] ints = tiles.toInts();
        long address = memory.room(4L * Math.max(1, ints.length));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocateFrom(ValueLayout.JAVA_INT, ints);
            gpu.upload(from, address);
        }
        Listed now = new Listed(sequences, queryRows, keyRows, tiles, address);
        last = now;
        return now;
    }
}
