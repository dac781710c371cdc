package dev.gradine.tensor;

import dev.gradine.tensor.kernel.ActivationKernel;
import dev.gradine.tensor.kernel.AdamWKernel;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.BlockCodesKernel;
import dev.gradine.tensor.kernel.Conv2dKernel;
import dev.gradine.tensor.kernel.DropoutKernel;
import dev.gradine.tensor.kernel.ElementwiseKernel;
import dev.gradine.tensor.kernel.FunctionKernel;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel;
import dev.gradine.tensor.kernel.GroupNormKernel;
import dev.gradine.tensor.kernel.IndexSelectKernel;
import dev.gradine.tensor.kernel.KvAppendKernel;
import dev.gradine.tensor.kernel.LayerNormKernel;
import dev.gradine.tensor.kernel.LayoutKernel;
import dev.gradine.tensor.kernel.LionKernel;
import dev.gradine.tensor.kernel.LogProbKernel;
import dev.gradine.tensor.kernel.LowRankKernel;
import dev.gradine.tensor.kernel.MatMulKernel;
import dev.gradine.tensor.kernel.ReduceKernel;
import dev.gradine.tensor.kernel.RmsNormKernel;
import dev.gradine.tensor.kernel.RopeKernel;
import dev.gradine.tensor.kernel.SamplingKernel;
import dev.gradine.tensor.kernel.SoftmaxKernel;
import dev.gradine.tensor.kernel.UpsampleKernel;
import java.lang.foreign.Arena;

/// One device for one lifetime: where tensors are allocated, how values reach the host, and which kernels run.
///
/// Lifetimes nest like brackets: `run` holds weights and optimiser state; `openStep` on it gives the memory of one
/// training step; `openStep` on a step gives scratch. Closing one frees all that was allocated through it at once;
/// using such a tensor afterwards is an `IllegalStateException`. Whoever opens one closes it in the same method.
public interface Kernels extends AutoCloseable {

    /// Name for messages and reports, such as `cpu (AVX-512, 2 threads)`.
    String name();

    /// Width of the vectors it computes with, in bits.
    int vectorBits();

    /// Memory for values that will all be overwritten. The content is undefined.
    Tensor empty(DType dtype, Shape shape);

    /// Uninitialised f32 values.
    default Tensor empty(Shape shape) {
        return empty(DType.F32, shape);
    }

    /// Uninitialised values of the type and shape of `t`.
    default Tensor emptyLike(Tensor t) {
        return empty(t.dtype(), t.shape());
    }

    /// Type that layers compute in: of what an embedding gives, and so of all that is made of it.
    /// Parameters that learn, their gradients, statistics and losses are f32 on every device.
    default DType dataType() {
        return DType.F32;
    }

    /// f32 zeros.
    default Tensor zeros(Shape shape) {
        Tensor t = empty(shape);
        elementwise().fill(t, 0);
        return t;
    }

    /// Zeros of a type that layers compute in.
    default Tensor zeros(DType dtype, Shape shape) {
        Tensor zeros = zeros(shape);
        if (dtype == DType.F32) return zeros;
        Tensor t = empty(dtype, shape);
        copy(zeros, t);
        release(zeros);
        return t;
    }

    /// Says that `t`, allocated by this very lifetime, will not be read again: its memory may serve a later allocation,
    /// and reading it is an `IllegalStateException` from here on. Nothing happens to a tensor of another lifetime.
    ///
    /// @throws IllegalStateException if it was released before
    void release(Tensor t);

    /// Opens a lifetime within this one. Until it is closed, allocate only through it.
    Kernels openStep();

    /// The same, in which a product `a · bᵀ` sums each row of `a` as it does when that row is the only one: what a
    /// sequence gets while it is continued does not depend, to the last bit, on how many others are. Large products
    /// are slower so. Devices other than the CPU give a plain step, and promise nothing about the last bits.
    default Kernels openStepByRow() {
        return openStep();
    }

    /// Whether products sum each row as if it were alone.
    default boolean isByRow() {
        return false;
    }

    /// Frees everything allocated through this lifetime.
    @Override
    void close();

    /// Bytes in use now by this lifetime and those around it.
    long bytesInUse();

    /// Most bytes that steps have had in use at once.
    long peakStepBytes();

    /// Copies host values to an f32 tensor.
    void upload(float[] from, Tensor to);

    /// Copies host values to an i32 tensor.
    void upload(int[] from, Tensor to);

    /// Copies a tensor of any real type to the host, as f32.
    float[] download(Tensor from);

    /// Copies an i32 tensor to the host.
    int[] downloadInts(Tensor from);

    /// Values in host memory, such as a mapped file, as a tensor of this device, in this lifetime.
    ///
    /// On the CPU that is the same memory, so the host's must live as long; elsewhere it is a copy.
    Tensor fromHost(Tensor host);

    /// A copy in host memory that lives as long as `arena`, of the same type.
    Tensor toHost(Tensor t, Arena arena);

    /// Copies values between tensors of one shape; a real type may become f32, f16 or bf16 on the way.
    void copy(Tensor from, Tensor to);

    /// How many values of a large intermediate result, such as logits, are worth computing at once: on the
    /// CPU 64 MB of f32. Each part reads and decodes the whole head again.
    default int chunkValues() {
        return 16 << 20;
    }

    /// An f32 tensor of host values.
    default Tensor of(Shape shape, float... values) {
        Tensor t = empty(shape);
        upload(values, t);
        return t;
    }

    /// An i32 tensor of host values.
    default Tensor ofInts(int... values) {
        Tensor t = empty(DType.I32, Shape.of(values.length));
        upload(values, t);
        return t;
    }

    /// Matrix products.
    MatMulKernel matMul();

    /// A linear layer with a low-rank update.
    LowRankKernel lowRank();

    /// Sums, scales and fills, element by element.
    ElementwiseKernel elementwise();

    /// Sums over segments and whole tensors.
    ReduceKernel reduce();

    /// Functions of one and of two variables, value by value.
    FunctionKernel function();

    /// SwiGLU.
    ActivationKernel activation();

    /// Root-mean-square normalisation.
    RmsNormKernel rmsNorm();

    /// Layer normalisation.
    LayerNormKernel layerNorm();

    /// Group normalisation.
    GroupNormKernel groupNorm();

    /// Convolution over two axes.
    Conv2dKernel conv2d();

    /// Enlarged images.
    UpsampleKernel upsample();

    /// Rotary position embedding.
    RopeKernel rope();

    /// Causal grouped-query attention.
    AttentionKernel attention();

    /// A recurrence over tokens whose state is a matrix.
    GatedRecurrenceKernel gatedRecurrence();

    /// Keys and values into their caches.
    KvAppendKernel kvAppend();

    /// Rows of a table by index: embedding and row selection.
    IndexSelectKernel indexSelect();

    /// Values to other places: permuted axes, columns, rows written by index.
    LayoutKernel layout();

    /// Softmax over rows.
    SoftmaxKernel softmax();

    /// Log-probabilities of given tokens from logits.
    LogProbKernel logProb();

    /// The next token from logits.
    SamplingKernel sampling();

    /// Inverted dropout.
    DropoutKernel dropout();

    /// The AdamW update.
    AdamWKernel adamW();

    /// The Lion update.
    LionKernel lion();

    /// Values as codes of eight bits.
    BlockCodesKernel blockCodes();
}
