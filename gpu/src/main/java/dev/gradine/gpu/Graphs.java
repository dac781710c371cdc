package dev.gradine.gpu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Starts lists of operations: as a graph where one of the same kinds in the same order was started before.
///
/// The first list of its kinds is only remembered, for making a graph costs more than starting its operations. The
/// second one is recorded. From then on, operations that differ from those the graph has are exchanged, and it
/// is started. The list used longest ago is forgotten with its graph when there are too many.
final class Graphs implements AutoCloseable {

    /// Kept by default: a step of two thousand launches has sixteen, a few more for each other course of a step.
    static final int MOST = 128;

    private static final int FEWEST = 4; // operations below that are started one by one

    private final Gpu gpu;
    private final Map<List<Object>, Graph> seen;
    private GraphCounts counts = GraphCounts.NONE;

    /// @param most lists that are remembered
    Graphs(Gpu gpu, int most) {
        this.gpu = gpu;
        this.seen = new LinkedHashMap<>(64, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<List<Object>, Graph> eldest) {
                if (size() <= most) return false;
                eldest.getValue().close();
                return true;
            }
        };
    }

    /// Starts operations in their order.
    void start(List<Operation> operations) {
        if (operations.size() >= FEWEST) {
            List<Object> kinds = new ArrayList<>(operations.size());
            for (Operation o : operations) kinds.add(o.kind());
            Graph graph = seen.putIfAbsent(kinds, new Graph());
            if (graph != null) {
                counts = counts.plus(graph.start(gpu, operations));
                return;
            }
        }
        operations.forEach(o -> o.start(gpu));
        counts = counts.plus(new GraphCounts(operations.size(), 0, 0, 0, 0));
    }

    GraphCounts counts() {
        return counts;
    }

    @Override
    public void close() {
        seen.values().forEach(Graph::close);
        seen.clear();
    }

    /// The graph of one list, once it has been recorded, and what it holds. A graph that failed is given up, since
    /// nobody knows what it holds then.
    private static final class Graph {
        private final List<Operation> held = new ArrayList<>();
        private List<Recording> recording = List.of(); // one, or none yet

        GraphCounts start(Gpu gpu, List<Operation> operations) {
            boolean done = false;
            try {
                boolean isNew = recording.isEmpty();
                if (isNew) record(gpu, operations);
                int exchanged = exchange(operations);
                recording.getFirst().launch();
                done = true;
                return new GraphCounts(0, isNew ? 1 : 0, 1, operations.size(), exchanged);
            } finally {
                if (!done) close();
            }
        }

        private void record(Gpu gpu, List<Operation> operations) {
            recording = List.of(gpu.record(operations));
            held.addAll(operations);
        }

        private int exchange(List<Operation> operations) {
            int exchanged = 0;
            for (int i = 0; i < operations.size(); i++) {
                Operation operation = operations.get(i);
                if (operation.equals(held.get(i))) continue;
                recording.getFirst().set(i, operation);
                held.set(i, operation);
                exchanged++;
            }
            return exchanged;
        }

        void close() {
            recording.forEach(Recording::close);
            recording = List.of();
            held.clear();
        }
    }
}
