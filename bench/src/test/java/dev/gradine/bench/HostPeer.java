package dev.gradine.bench;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel.Update;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// A peer that can only add, in a plain loop; with an error, if one is planted.
final class HostPeer implements Peer {

    private final float factor;
    private final List<Integer> threads = new ArrayList<>();
    private int closed;

    /// @param factor 1, or what every result is multiplied by
    HostPeer(float factor) {
        this.factor = factor;
    }

    /// What it was told, in order.
    List<Integer> told() {
        return threads;
    }

    int closed() {
        return closed;
    }

    @Override
    public String name() {
        return "host";
    }

    @Override
    public void threads(int n) {
        threads.add(n);
    }

    @Override
    public Job add(Tensor a, Tensor b) {
        float[] x = a.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        float[] z = b.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        return new Job() {
            @Override
            public void run() {
                result();
            }

            @Override
            public float[] result() {
                float[] y = new float[x.length];
                for (int i = 0; i < y.length; i++) y[i] = factor * (x[i] + z[i]);
                return y;
            }

            @Override
            public void close() {
                closed++;
            }
        };
    }

    private static Job none() {
        throw new UnsupportedOperationException("host peer: can only add");
    }

    @Override
    public Job matMulNt(Tensor x, Tensor w) {
        return none();
    }

    @Override
    public Job attention(Tensor q, Tensor k, Tensor v, Tensor dy, AttentionSpec spec) {
        return none();
    }

    @Override
    public Job linearCrossEntropy(Tensor h, Tensor w, Tensor targets) {
        return none();
    }

    @Override
    public Job rmsNorm(Tensor x, Tensor w, float eps, Tensor dy) {
        return none();
    }

    @Override
    public Job swiGlu(Tensor gate, Tensor up, Tensor dy) {
        return none();
    }

    @Override
    public Job adamW(Tensor p, Tensor g, Update update) {
        return none();
    }
}
