package dev.gradine.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradine.gpu.Operation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// One operation of a graph. What the driver is told of it lies in memory of the node's own, which is written again
/// whenever the operation is exchanged.
final class GraphNode {

    /// What the driver has a kind of node for.
    ///
    /// @param add takes the new node, the graph, nodes before it, how many, parameters, context
    /// @param set takes the graph that can be launched, the node, parameters, context
    private record Kind(DriverCall add, DriverCall set) {

        static final Kind KERNEL = new Kind(
                new DriverCall("cuGraphAddKernelNode_v2", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS),
                new DriverCall("cuGraphExecKernelNodeSetParams_v2", JAVA_LONG, JAVA_LONG, ADDRESS));
        static final Kind COPY = inContext("cuGraphAddMemcpyNode", "cuGraphExecMemcpyNodeSetParams");
        static final Kind FILL = inContext("cuGraphAddMemsetNode", "cuGraphExecMemsetNodeSetParams");

        private static Kind inContext(String add, String set) {
            return new Kind(
                    new DriverCall(add, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG),
                    new DriverCall(set, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG));
        }

        static Kind of(Operation operation) {
            return switch (operation) {
                case Operation.Launch _ -> KERNEL;
                case Operation.Copy _ -> COPY;
                case Operation.Fill _, Operation.Forget _ -> FILL;
            };
        }
    }

    private final CudaHandles gpu;
    private final Kind kind;
    private final NodeParameters parameters;
    private final MemorySegment handle;

    /// @param arena of the graph
    GraphNode(CudaHandles gpu, Operation operation, Arena arena) {
        this.gpu = gpu;
        kind = Kind.of(operation);
        parameters = new NodeParameters(gpu, operation, arena);
        handle = arena.allocate(JAVA_LONG);
    }

    /// Becomes the last node of a graph.
    ///
    /// @param before handle of the node before it; empty for the first
    void addTo(long graph, MemorySegment before) {
        long count = before.byteSize() / JAVA_LONG.byteSize();
        kind.add.call(parameters, withContext(handle, graph, before, count, parameters.address()));
    }

    /// Exchanges the operation for another of its kind.
    ///
    /// @param executable the graph that can be launched
    void set(long executable, Operation operation) {
        parameters.write(operation);
        kind.set.call(parameters, withContext(executable, handle.get(JAVA_LONG, 0), parameters.address()));
    }

    MemorySegment handle() {
        return handle;
    }

    /// Kernels know their context, copies and fills are told.
    private Object[] withContext(Object... arguments) {
        if (kind.equals(Kind.KERNEL)) return arguments;
        Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = gpu.context();
        return all;
    }

    /// The operation, for messages.
    @Override
    public String toString() {
        return parameters.toString();
    }
}
