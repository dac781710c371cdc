package dev.gradine.tensor.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
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
import dev.gradine.tensor.memory.Lifetime;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The CPU device. `open` gives the `run` lifetime; steps share one slab.
public final class CpuKernels implements Kernels {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    private static final int COPIED_AT_ONCE = 8192; // values: a multiple of every block size

    private final Lifetime memory;
    private final boolean byRow; // whether products sum each row as if it were alone

    private CpuKernels(Lifetime memory, boolean byRow) {
        this.memory = memory;
        this.byRow = byRow;
    }

    /// Opens the `run` lifetime.
    ///
    /// @throws IllegalArgumentException if the JVM was started without the Vector API
    public static CpuKernels open() {
        VectorModule.require();
        return new CpuKernels(Lifetime.run(new HostMemory()), false);
    }

    /// Threads that kernels run on: the property `gradine.threads`, else all cores.
    public static int threads() {
        return Parallel.THREADS;
    }

    /// Runs `work` with all kernels of the process on the thread that calls them, to measure what one
    /// core does. The results are the same.
    public static void onOneThread(Runnable work) {
        Parallel.alone(work);
    }

    @Override
    public String name() {
        return "cpu (%d-bit vectors, %d threads)".formatted(vectorBits(), Parallel.THREADS);
    }

    @Override
    public int vectorBits() {
        return Vectors.F.vectorBitSize();
    }

    @Override
    public Tensor empty(DType dtype, Shape shape) {
        return memory.empty(dtype, shape);
    }

    @Override
    public void release(Tensor t) {
        memory.release(t);
    }

    @Override
    public Kernels openStep() {
        return new CpuKernels(memory.openStep(), byRow);
    }

    @Override
    public Kernels openStepByRow() {
        return new CpuKernels(memory.openStep(), true);
    }

    @Override
    public boolean isByRow() {
        return byRow;
    }

    @Override
    public void close() {
        memory.close();
    }

    @Override
    public long bytesInUse() {
        return memory.bytesInUse();
    }

    @Override
    public long peakStepBytes() {
        return memory.peakStepBytes();
    }

    @Override
    public void upload(float[] from, Tensor to) {
        requireType("upload", to, DType.F32);
        requireSize("upload", from.length, to);
        MemorySegment.copy(from, 0, to.data(), F32, 0, from.length);
    }

    @Override
    public void upload(int[] from, Tensor to) {
        requireType("upload", to, DType.I32);
        requireSize("upload", from.length, to);
        MemorySegment.copy(from, 0, to.data(), I32, 0, from.length);
    }

    @Override
    public float[] download(Tensor from) {
        float[] values = new float[from.size()];
        RealValues.of(from).read(0, values.length, values, 0);
        return values;
    }

    @Override
    public int[] downloadInts(Tensor from) {
        requireType("download", from, DType.I32);
        return from.data().toArray(I32);
    }

    @Override
    public Tensor fromHost(Tensor host) {
        return host;
    }

    @Override
    public Tensor toHost(Tensor t, Arena arena) {
        return t.parts(part -> {
            Tensor host = Tensor.zeros(arena, part.dtype(), part.shape());
            host.data().copyFrom(part.data());
            return host;
        });
    }

    @Override
    public void copy(Tensor from, Tensor to) {
        ShapeException.require("copy", "to", to.shape(), from.shape(), "shape of from");
        if (from.dtype() == to.dtype() && !to.dtype().hasScales()) {
            to.data().copyFrom(from.data());
            return;
        }
        if (!from.dtype().isReal() || !to.dtype().isFloat()) {
            throw new DTypeException(
                    "copy: %s to %s, expected a real type to F32, F16 or BF16".formatted(from.dtype(), to.dtype()));
        }
        int n = from.size();
        RealValues read = RealValues.of(from);
        Parallel.forEach(Math.ceilDiv(n, COPIED_AT_ONCE), part -> {
            int first = part * COPIED_AT_ONCE;
            int count = Math.min(COPIED_AT_ONCE, n - first);
            float[] values = ThreadArrays.floats(COPIED_AT_ONCE);
            read.read(first, count, values, 0);
            write(values, count, to, first);
        });
    }

    private static void write(float[] values, int n, Tensor to, long first) {
        switch (to.dtype()) {
            case F32 -> MemorySegment.copy(values, 0, to.data(), F32, 4 * first, n);
            case F16 -> {
                for (int i = 0; i < n; i++) {
                    to.data().set(U16, 2 * (first + i), Float.floatToFloat16(values[i]));
                }
            }
            default -> {
                for (int i = 0; i < n; i++) {
                    to.data().set(U16, 2 * (first + i), Decode.toBf16(values[i]));
                }
            }
        }
    }

    private static void requireType(String op, Tensor t, DType expected) {
        DTypeException.require(op, "tensor", t, expected);
    }

    private static void requireSize(String op, int values, Tensor to) {
        if (values != to.size()) {
            throw new ShapeException("%s: %d values, expected %d for %s".formatted(op, values, to.size(), to));
        }
    }

    @Override
    public LowRankKernel lowRank() {
        return byRow ? LowRankCpu.BY_ROW : LowRankCpu.KERNEL;
    }

    @Override
    public MatMulKernel matMul() {
        return byRow ? MatMulCpu.BY_ROW : MatMulCpu.KERNEL;
    }

    @Override
    public ElementwiseKernel elementwise() {
        return ElementwiseCpu.KERNEL;
    }

    @Override
    public ReduceKernel reduce() {
        return ReduceCpu.KERNEL;
    }

    @Override
    public FunctionKernel function() {
        return FunctionCpu.KERNEL;
    }

    @Override
    public ActivationKernel activation() {
        return ActivationCpu.KERNEL;
    }

    @Override
    public RmsNormKernel rmsNorm() {
        return RmsNormCpu.KERNEL;
    }

    @Override
    public LayerNormKernel layerNorm() {
        return LayerNormCpu.KERNEL;
    }

    @Override
    public GroupNormKernel groupNorm() {
        return GroupNormCpu.KERNEL;
    }

    @Override
    public Conv2dKernel conv2d() {
        return Conv2dCpu.KERNEL;
    }

    @Override
    public UpsampleKernel upsample() {
        return UpsampleCpu.KERNEL;
    }

    @Override
    public RopeKernel rope() {
        return RopeCpu.KERNEL;
    }

    @Override
    public AttentionKernel attention() {
        return byRow ? AttentionCpu.BY_ROW : AttentionCpu.KERNEL;
    }

    @Override
    public GatedRecurrenceKernel gatedRecurrence() {
        return GatedRecurrenceCpu.KERNEL;
    }

    @Override
    public KvAppendKernel kvAppend() {
        return KvAppendCpu.KERNEL;
    }

    @Override
    public IndexSelectKernel indexSelect() {
        return IndexSelectCpu.KERNEL;
    }

    @Override
    public LayoutKernel layout() {
        return LayoutCpu.KERNEL;
    }

    @Override
    public SoftmaxKernel softmax() {
        return SoftmaxCpu.KERNEL;
    }

    @Override
    public LogProbKernel logProb() {
        return LogProbCpu.KERNEL;
    }

    @Override
    public SamplingKernel sampling() {
        return SamplingCpu.KERNEL;
    }

    @Override
    public DropoutKernel dropout() {
        return DropoutCpu.KERNEL;
    }

    @Override
    public AdamWKernel adamW() {
        return AdamWCpu.KERNEL;
    }

    @Override
    public LionKernel lion() {
        return LionCpu.KERNEL;
    }

    @Override
    public BlockCodesKernel blockCodes() {
        return BlockCodesCpu.KERNEL;
    }
}
