package dev.gradine.jmh.peer;

import dev.gradine.bench.Peer;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/// Work of libtorch. What a run allocates is freed when it ends.
///
/// @param work does it once and gives the results
/// @param operands freed with the job
/// @param end what else is done then
record TorchJob(Work work, List<Tensor> operands, Runnable end) implements Peer.Job {

    /// Computes, within a scope that frees what it made.
    @FunctionalInterface
    interface Work {
        /// Results in the order of the contract.
        List<Tensor> run();
    }

    TorchJob(Work work, List<Tensor> operands) {
        this(work, operands, () -> {});
    }

    @Override
    public void run() {
        try (PointerScope _ = new PointerScope()) {
            work.run();
        }
    }

    @Override
    public float[] result() {
        try (PointerScope _ = new PointerScope()) {
            return Operands.values(work.run());
        }
    }

    @Override
    public void close() {
        operands.forEach(Tensor::close);
        end.run();
    }
}
