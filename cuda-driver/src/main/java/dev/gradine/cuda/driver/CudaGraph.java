package dev.gradine.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradine.gpu.Operation;
import dev.gradine.gpu.Recording;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// A graph of the driver: a chain of nodes, one per operation, that the GPU starts as one.
///
/// A launch that is under way is not touched by what is exchanged after it, nor by closing the graph: so the driver
/// documents it.
final class CudaGraph implements Recording {

    private static final DriverCall CREATE = new DriverCall("cuGraphCreate", ADDRESS, JAVA_INT);
    private static final DriverCall INSTANTIATE =
            new DriverCall("cuGraphInstantiateWithFlags", ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final DriverCall LAUNCH = new DriverCall("cuGraphLaunch", JAVA_LONG, JAVA_LONG);
    private static final DriverCall DESTROY = new DriverCall("cuGraphDestroy", JAVA_LONG);
    private static final DriverCall DESTROY_EXECUTABLE = new DriverCall("cuGraphExecDestroy", JAVA_LONG);

    private final CudaGpu gpu;
    private final long stream;
    private final Arena arena = Arena.ofShared();
    private final List<GraphNode> nodes = new ArrayList<>();
    private final MemorySegment graph = arena.allocate(JAVA_LONG); // 0 until there is one
    private final MemorySegment executable = arena.allocate(JAVA_LONG);
    private final String name;

    CudaGraph(CudaGpu gpu, CudaHandles handles, List<Operation> operations) {
        this.gpu = gpu;
        this.stream = handles.stream();
        this.name = "a graph of " + operations.size();
        boolean done = false;
        try {
            CREATE.call(name, graph, 0);
            MemorySegment before = MemorySegment.NULL;
            for (Operation operation : operations) {
                GraphNode node = new GraphNode(handles, operation, arena);
                node.addTo(graph.get(JAVA_LONG, 0), before);
                nodes.add(node);
                before = node.handle();
            }
            INSTANTIATE.call(name, executable, graph.get(JAVA_LONG, 0), 0L);
            done = true;
        } finally {
            if (!done) close();
        }
    }

    @Override
    public void set(int index, Operation operation) {
        gpu.enter();
        nodes.get(index).set(executable.get(JAVA_LONG, 0), operation);
    }

    @Override
    public void launch() {
        gpu.enter();
        LAUNCH.call(this, executable.get(JAVA_LONG, 0), stream);
        gpu.noteLast(this);
    }

    @Override
    public void close() {
        gpu.enter();
        long started = executable.get(JAVA_LONG, 0);
        long made = graph.get(JAVA_LONG, 0);
        if (started != 0) DESTROY_EXECUTABLE.call(name, started);
        if (made != 0) DESTROY.call(name, made);
        arena.close();
    }

    /// For messages: which of them failed, a graph does not say.
    @Override
    public String toString() {
        return "%s, %s to %s (-Dgradine.cuda.wait=true starts them one by one)"
                .formatted(name, nodes.getFirst(), nodes.getLast());
    }
}
