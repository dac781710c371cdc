package dev.gradine.bench.gpu;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Sequences;
import java.util.List;

/// Causal attention over sequences of one length.
record AttentionWorks(GpuBenchSettings settings) {

    private static final int SMALL_HEAD = 64;

    // TFLOP/s, a little below what is published for FlashAttention 2 on Hopper: 319 to 335, 310 to 322, 284 to 299.
    private static final Goal FORWARD = Goal.rate("attention forward, heads of 128", 300);
    private static final Goal BACKWARD = Goal.rate("attention backward, heads of 128", 200);
    private static final Goal SMALL_FORWARD = Goal.rate("attention forward, heads of 64", 250);

    /// Causal attention is half of all pairs; backward has five products where forward has two.
    ///
    /// @param length of a sequence, in tokens
    /// @param size of a head
    List<GpuWork> works(CudaKernels k, int length, int size) {
        int tokens = settings.attentionTokens();
        int width = settings.attentionWidth();
        AttentionSpec spec = AttentionSpec.causal(width / size, width / size, size, (float) (1 / Math.sqrt(size)));
        int[] begin = new int[tokens / length + 1];
        for (int i = 0; i < begin.length; i++) begin[i] = i * length;
        Sequences sequences = Sequences.packed(begin);
        Operands in = new Operands(k);
        Tensor q = in.random(DType.BF16, tokens, width);
        Tensor key = in.random(DType.BF16, tokens, width);
        Tensor v = in.random(DType.BF16, tokens, width);
        Tensor dy = in.random(DType.BF16, tokens, width);
        Tensor y = in.result(DType.BF16, tokens, width);
        Tensor lse = k.zeros(Shape.of(tokens, spec.heads()));
        k.attention().forward(q, key, v, spec, sequences, y, lse);
        Tensor dq = in.result(DType.BF16, tokens, width);
        Tensor dk = in.result(DType.BF16, tokens, width);
        Tensor dv = in.result(DType.BF16, tokens, width);
        double flop = 2.0 * tokens * length * width;
        String what = "attention %s hd" + size + " " + length;
        GpuWork forward = GpuWork.computing(
                what.formatted("forward"),
                flop,
                () -> k.attention().forward(q, key, v, spec, sequences, y, lse),
                in.norm(y));
        GpuWork backward = GpuWork.computing(
                what.formatted("backward"),
                2.5 * flop,
                () -> k.attention().backward(new Upstream(dy, y, lse), q, key, v, spec, sequences, dq, dk, dv),
                in.norm(dq, dk, dv));
        return size == SMALL_HEAD
                ? List.of(forward.towards(SMALL_FORWARD), backward)
                : List.of(forward.towards(FORWARD), backward.towards(BACKWARD));
    }
}
