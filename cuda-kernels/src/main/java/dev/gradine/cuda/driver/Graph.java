package dev.gradine.cuda.driver;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/// A sequence of launches that the card starts as one, which spares it the host's time between them.
public final class Graph implements AutoCloseable {

    private final CUstream stream;
    private final CUgraph graph = new CUgraph();
    private final CUgraphExec executable = new CUgraphExec();

    private Graph(CUstream stream) {
        this.stream = stream;
    }

    static Graph capture(CUstream stream, Runnable work) {
        Graph g = new Graph(stream);
        int mode = CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        Driver.check(JCudaDriver.cuStreamBeginCapture(stream, mode), "cuStreamBeginCapture");
        int code;
        try {
            work.run();
        } finally {
            code = JCudaDriver.cuStreamEndCapture(stream, g.graph);
        }
        Driver.check(code, "cuStreamEndCapture");
        int instantiated = JCudaDriver.cuGraphInstantiate(g.executable, g.graph, 0);
        if (instantiated != 0) JCudaDriver.cuGraphDestroy(g.graph);
        Driver.check(instantiated, "cuGraphInstantiate");
        return g;
    }

    /// Launches all of it, in the order of the card's other work.
    public void launch() {
        Driver.check(JCudaDriver.cuGraphLaunch(executable, stream), "cuGraphLaunch");
    }

    @Override
    public void close() {
        JCudaDriver.cuGraphExecDestroy(executable);
        JCudaDriver.cuGraphDestroy(graph);
    }
}
