package dev.gradine.bench;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel.Update;
import dev.gradine.tensor.kernel.AttentionSpec;

/// Another library that does the same work on the same values in the same process: one method a work.
///
/// Each method copies its arguments, so that neither side changes what the other reads. One is found by
/// `ServiceLoader`, where the class path has one.
public interface Peer {

    /// Work made ready, to be run any number of times.
    interface Job extends AutoCloseable {
        /// Does it once.
        void run();

        /// Does it once and gives what it computed; several results lie one behind the other.
        float[] result();

        /// Frees what it holds.
        @Override
        void close();
    }

    /// Name and version.
    String name();

    /// Uses so many threads from now on.
    void threads(int n);

    /// `y[M,N] = x[M,K] · w[N,K]ᵀ`.
    Job matMulNt(Tensor x, Tensor w);

    /// Causal attention of one sequence and its gradients; results are y, dq, dk, dv.
    Job attention(Tensor q, Tensor k, Tensor v, Tensor dy, AttentionSpec spec);

    /// Mean of −log softmax(h wᵀ)[target] over the rows, and its gradient with respect to h; results are the
    /// mean, dh.
    Job linearCrossEntropy(Tensor h, Tensor w, Tensor targets);

    /// Root-mean-square normalisation and the gradient of x; results are y, dx.
    Job rmsNorm(Tensor x, Tensor w, float eps, Tensor dy);

    /// `silu(gate) · up` and both gradients; results are y, dGate, dUp.
    Job swiGlu(Tensor gate, Tensor up, Tensor dy);

    /// `a + b`.
    Job add(Tensor a, Tensor b);

    /// An AdamW update of `p`, from moments of zero; the result is p.
    Job adamW(Tensor p, Tensor g, Update update);
}
