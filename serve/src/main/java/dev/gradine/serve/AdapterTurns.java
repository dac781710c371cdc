package dev.gradine.serve;

import dev.gradine.nn.Adapters;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Requests that wait, and whose turn it is. Adapters take turns, so that one that is much asked for does not keep the
/// others waiting.
///
/// Where as many adapters are inside as may be, a request for another one waits for a place. Requests for those inside
/// pass it, so that the batch stays full, but only some: then nothing for adapters follows until it has its place. The
/// base model needs no place.
final class AdapterTurns<T> {

    private final int places;
    private final int passes;
    private final SequencedMap<Adapters, ArrayDeque<T>> queues = new LinkedHashMap<>();
    private final Map<Adapters, Integer> inside = new HashMap<>(); // requests of each
    private int passed;

    /// @param places how many different adapters may be inside
    /// @param passes how many requests may pass one that waits for a place
    AdapterTurns(int places, int passes) {
        this.places = places;
        this.passes = passes;
    }

    /// A request comes, behind others for the same adapters.
    void add(Adapters adapters, T request) {
        queues.computeIfAbsent(adapters, _ -> new ArrayDeque<>()).add(request);
    }

    /// The request whose turn it is, which is inside from now on; null if none can come in.
    @Nullable
    T next() {
        boolean waits = false; // a request for a place
        for (Adapters a : queues.keySet()) {
            if (comesIn(a, waits)) return take(a, waits);
            waits = true;
        }
        return null;
    }

    private boolean comesIn(Adapters a, boolean passing) {
        if (a.equals(Adapters.NONE)) return true;
        return inside.containsKey(a) ? !passing || passed < passes : !passing && inside.size() < places;
    }

    private @Nullable T take(Adapters a, boolean passing) {
        ArrayDeque<T> queue = queues.remove(a);
        if (queue == null) return null;
        T next = queue.removeFirst();
        if (!queue.isEmpty()) queues.putLast(a, queue);
        if (a.equals(Adapters.NONE)) return next;
        passed = passing ? passed + 1 : 0;
        inside.merge(a, 1, Integer::sum);
        return next;
    }

    /// A request for `adapters` is not inside any more.
    void left(Adapters adapters) {
        inside.computeIfPresent(adapters, (_, n) -> n == 1 ? null : n - 1);
    }

    /// Takes out requests that wait.
    List<T> remove(Predicate<T> which) {
        List<T> gone = new ArrayList<>();
        for (ArrayDeque<T> queue : queues.values()) {
            queue.stream().filter(which).forEach(gone::add);
            queue.removeIf(which);
        }
        queues.values().removeIf(ArrayDeque::isEmpty);
        return gone;
    }
}
