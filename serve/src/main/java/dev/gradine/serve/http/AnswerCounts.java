package dev.gradine.serve.http;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// How many answers there were, by status; 499 counts clients that went away before theirs was whole.
public final class AnswerCounts {

    private final Map<Integer, LongAdder> counts = new ConcurrentHashMap<>();

    /// An answer was given.
    void add(int status) {
        counts.computeIfAbsent(status, _ -> new LongAdder()).increment();
    }

    /// Counts so far, by status.
    public Map<Integer, Long> byStatus() {
        Map<Integer, Long> all = new TreeMap<>();
        counts.forEach((status, n) -> all.put(status, n.sum()));
        return all;
    }
}
