package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the blocks of an attention kernel do, listed on the device once for all layers of a step that have one mask.
final class AttentionLists {

    private final Gpu gpu;
    private final Map<Mask, Lists> byMask = new HashMap<>(); // layers with different masks may take turns

    /// The tiles of `sequences` in `queryRows` and `keyRows` rows, at `address` on the device.
    record Listed(Sequences sequences, int queryRows, int keyRows, AttentionTiles tiles, long address) {

        /// Where the tiles of keys are.
        long keys() {
            return address + tiles.keysAt();
        }

        /// Where the pages are that keys lie in, 0 if there are none.
        long pages() {
            return tiles.pages().isEmpty() ? 0 : address + tiles.pagesAt();
        }

        /// Where the sources of the tiles of keys are.
        long sources() {
            return address + tiles.sourcesAt();
        }
    }

    /// The last lists for one mask, and their memory.
    private static final class Lists {
        private final Workspace memory;
        private @Nullable Listed last;

        Lists(Gpu gpu) {
            memory = new Workspace(gpu);
        }
    }

    AttentionLists(Gpu gpu) {
        this.gpu = gpu;
    }

    /// The lists for these sequences, valid until the next call with the same mask and others.
    ///
    /// @param sequences whose queries see bands of keys, as the mask makes them
    Listed of(Mask mask, Sequences sequences, int queryRows, int keyRows) {
        Lists lists = byMask.computeIfAbsent(mask, _ -> new Lists(gpu));
        Listed l = lists.last;
        if (l != null && l.sequences == sequences && l.queryRows == queryRows && l.keyRows == keyRows) return l;
        AttentionTiles tiles = AttentionTiles.of(mask, sequences, queryRows, keyRows);
        int[] ints = tiles.toInts();
        long address = lists.memory.room(4L * Math.max(1, ints.length));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocateFrom(ValueLayout.JAVA_INT, ints);
            gpu.upload(from, address);
        }
        Listed now = new Listed(sequences, queryRows, keyRows, tiles, address);
        lists.last = now;
        return now;
    }
}
