package dev.gradine.cuda;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// Launches `sampling.cu`: the next token from rows of logits, so that a token leaves the device and not its
/// vocabulary.
/// Logits are F32 or BF16 and finite.
public final class SamplingCuda {

    private static final String OP = "sampling";
    private static final int MOST_THREADS = 1024;
    private static final int MOST_CANDIDATES = 1024;

    private final Gpu gpu;

    SamplingCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    /// Overwrites `tokens i32[N]` with the first token of the largest logit of each row of `logits [N,V]`.
    public void argmax(Tensor logits, Tensor tokens) {
        int n = rows(logits);
        require(OP, "tokens", tokens, DType.I32, n);
        if (n > 0) launch("argmax", logits, logits, tokens, n, logits.shape().last());
    }

    /// Overwrites `tokens i32[N]` with a token of each row drawn from softmax(logits / temperature): the first whose
    /// running sum of probabilities exceeds its value of `u f32[N]`, in [0, 1).
    public void draw(Tensor logits, float temperature, Tensor u, Tensor tokens) {
        int n = rows(logits);
        if (!(temperature > 0)) {
            throw new IllegalArgumentException("sampling: temperature is " + temperature + ", expected above 0");
        }
        require(OP, "u", u, DType.F32, n);
        require(OP, "tokens", tokens, DType.I32, n);
        if (n > 0)
            launch(
                    "draw",
                    logits,
                    logits,
                    1 / temperature,
                    u,
                    tokens,
                    n,
                    logits.shape().last());
    }

    /// Overwrites `values f32[N,k]` and `tokens i32[N,k]` with the k largest logits of each row in falling order, ties
    /// by token: the candidates of top-k, and of top-p as long as their sum reaches it.
    ///
    /// @throws ShapeException if there are fewer than k logits in a row, or k is not in 1 to 1024
    public void largest(Tensor logits, Tensor values, Tensor tokens) {
        int n = rows(logits);
        int k = values.shape().last();
        if (k < 1 || k > Math.min(MOST_CANDIDATES, logits.shape().last())) {
            throw new ShapeException("sampling: %d candidates of %s, expected 1 to %d"
                    .formatted(
                            k, logits, Math.min(MOST_CANDIDATES, logits.shape().last())));
        }
        require(OP, "values", values, DType.F32, n * k);
        require(OP, "tokens", tokens, DType.I32, n * k);
        if (n > 0)
            launch(
                    "largest",
                    logits,
                    logits,
                    k,
                    values,
                    tokens,
                    n,
                    logits.shape().last());
    }

    private static int rows(Tensor logits) {
        Data.type(OP, "logits", logits);
        return logits.shape().rows();
    }

    private void launch(String entry, Tensor logits, Object... arguments) {
        DType type = logits.dtype();
        int groups = Data.groups(logits.shape().last(), type);
        Grid grid = Grids.rows(gpu, logits.shape().rows(), groups, 4, MOST_THREADS);
        gpu.launch(Data.kernel(OP, entry, type), grid, arguments);
    }
}
