package dev.gradine.nn.generate;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.KvCache;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.MatMulKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The rows of a cache, handed out in ranges.
///
/// What was read of a prompt stays where it is after its text has ended, until its rows are wanted: a later prompt that
/// begins alike, under the same adapters, copies it instead of reading it again.
final class LaneMemory {

    /// A prompt's beginning is taken over in multiples of this many tokens: what is read behind it has the bits that it
    /// has behind tokens that were read.
    static final int UNIT = AttentionKernel.BLOCK;

    /// Tokens that are left to be read at least: products of fewer rows sum in another order.
    static final int LEFT = MatMulKernel.MANY_ROWS;

    /// Rows of a prompt that was read.
    private static final class Kept {
        final Lane lane;
        final int[] prompt;
        final Adapters adapters;

        Kept(Lane lane, int[] prompt, Adapters adapters) {
            this.lane = lane;
            this.prompt = prompt;
            this.adapters = adapters;
        }

        int common(int[] other, Adapters with) {
            if (!with.equals(adapters)) return 0;
            int differ = Arrays.mismatch(prompt, other);
            return differ < 0 ? prompt.length : differ;
        }
    }

    private final KvCache cache;
    private final Kernels k;
    private final TreeMap<Integer, Integer> free = new TreeMap<>(); // length by first row
    private final List<Kept> kept = new ArrayList<>(); // longest unused first
    private int used;

    LaneMemory(KvCache cache, Kernels k) {
        this.cache = cache;
        this.k = k;
        free.put(0, cache.capacity());
    }

    /// Rows of texts that are being written.
    int used() {
        return used;
    }

    /// Room for `tokens` tokens, or null if there is none even without prompts that are only kept.
    @Nullable
    Lane take(int tokens) {
        while (true) {
            Map.Entry<Integer, Integer> range = free.entrySet().stream()
                    .filter(r -> r.getValue() >= tokens)
                    .findFirst()
                    .orElse(null);
            if (range != null) {
                int start = range.getKey();
                int length = range.getValue();
                free.remove(start);
                if (length > tokens) free.put(start + tokens, length - tokens);
                used += tokens;
                return new Lane(start, tokens);
            }
            if (kept.isEmpty()) return null;
            giveBack(kept.removeFirst().lane);
        }
    }

    /// Takes rows back.
    void release(Lane lane) {
        used -= lane.capacity;
        giveBack(lane);
    }

    /// Takes rows back that begin with all of `prompt`, and remembers of it what can be taken over.
    void keep(Lane lane, int[] prompt, Adapters adapters) {
        used -= lane.capacity;
        int whole = prompt.length / UNIT * UNIT;
        boolean isKnown = kept.stream().anyMatch(each -> each.common(prompt, adapters) >= whole);
        if (cache.isRecurrent() || whole == 0 || isKnown) {
            giveBack(lane);
            return;
        }
        if (lane.capacity > whole) giveBack(new Lane(lane.start + whole, lane.capacity - whole));
        kept.add(new Kept(new Lane(lane.start, whole), Arrays.copyOf(prompt, whole), adapters));
    }

    /// Forgets prompts that were read under `adapters`.
    void forget(Adapters adapters) {
        List<Kept> gone = kept.stream().filter(e -> e.adapters.equals(adapters)).toList();
        kept.removeAll(gone);
        for (Kept each : gone) giveBack(each.lane);
    }

    private void giveBack(Lane lane) {
        cache.forget(lane.start);
        int start = lane.start;
        int length = lane.capacity;
        Map.Entry<Integer, Integer> before = free.floorEntry(start);
        if (before != null && before.getKey() + before.getValue() == start) {
            start = before.getKey();
            length += before.getValue();
        }
        Integer after = free.remove(lane.start + lane.capacity);
        free.put(start, after == null ? length : length + after);
    }

    /// Copies into `lane` what is known of the beginning of `prompt`.
    ///
    /// @return how many tokens
    int recall(Lane lane, int[] prompt, Adapters adapters) {
        Kept best = null;
        int most = 0;
        for (Kept each : kept) {
            int common = Math.min(each.common(prompt, adapters), prompt.length - LEFT) / UNIT * UNIT;
            if (common <= most) continue;
            best = each;
            most = common;
        }
        if (best == null) return 0;
        kept.remove(best);
        kept.add(best);
        cache.copy(k, best.lane.start, lane.start, most);
        lane.length = most;
        return most;
    }

    /// Moves the tokens of a lane to a longer one.
    void move(Lane from, Lane to) {
        cache.copy(k, from.start, to.start, from.length);
        to.length = from.length;
        release(from);
    }
}
