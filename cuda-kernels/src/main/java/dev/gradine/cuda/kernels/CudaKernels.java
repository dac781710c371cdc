package dev.gradine.cuda.kernels;

import dev.gradine.gpu.DenseGemm;
import dev.gradine.gpu.DeviceMemory;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
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
import java.util.List;

/// The CUDA device, on a GPU or on the simulator. `open` gives the `run` lifetime; steps share one
/// slab of its memory.
///
/// Tensors hold addresses that only the `Gpu` follows, in the types that the host has them in.
public final class CudaKernels implements Kernels {

    private static final int CHUNK_VALUES = 192 << 20; // 400 MB of bf16: 1500 rows of a vocabulary of 128k
    private static final int WARP_BITS = 32 * Float.SIZE;

    private final Gpu gpu;
    private final Lifetime memory;
    private final Launchers launchers;
    private final DType dataType;
    private final boolean isRun;

    private CudaKernels(Gpu gpu, Lifetime memory, Launchers launchers, DType dataType, boolean isRun) {
        this.gpu = gpu;
        this.memory = memory;
        this.launchers = launchers;
        this.dataType = dataType;
        this.isRun = isRun;
    }

    /// Opens the `run` lifetime; `gpu` is closed with it. Layers compute in f32.
    public static CudaKernels open(Gpu gpu) {
        return open(gpu, DType.F32);
    }

    /// Opens the `run` lifetime; `gpu` is closed with it.
    ///
    /// @param dataType what layers compute in, F32 or BF16
    public static CudaKernels open(Gpu gpu, DType dataType) {
        return open(gpu, dataType, List.of());
    }

    /// Opens the `run` lifetime; `gpu` and the vendor's library are closed with it.
    ///
    /// @param dataType what layers compute in, F32 or BF16
    /// @param vendor whose matrix products are used where it takes the types: one, or none
    public static CudaKernels open(Gpu gpu, DType dataType, List<DenseGemm> vendor) {
        if (dataType != DType.F32 && dataType != DType.BF16) {
            throw new DTypeException("%s: data type is %s, expected F32 or BF16".formatted(gpu.name(), dataType));
        }
        return new CudaKernels(gpu, Lifetime.run(new DeviceMemory(gpu)), new Launchers(gpu, vendor), dataType, true);
    }

    /// What executes the kernels.
    public Gpu gpu() {
        return gpu;
    }

    @Override
    public String name() {
        return gpu.name() + launchers.vendorName();
    }

    @Override
    public int vectorBits() {
        return WARP_BITS;
    }

    @Override
    public DType dataType() {
        return dataType;
    }

    @Override
    public Tensor empty(DType dtype, Shape shape) {
        return memory.empty(dtype, shape);
    }

    @Override
    public Tensor zeros(Shape shape) {
        Tensor t = empty(shape);
        if (t.bytes() > 0) gpu.fill(DeviceMemory.address(t), (byte) 0, t.bytes());
        return t;
    }

    @Override
    public void release(Tensor t) {
        memory.release(t);
    }

    @Override
    public CudaKernels openStep() {
        return new CudaKernels(gpu, memory.openStep(), launchers, dataType, false);
    }

    @Override
    public void close() {
        memory.close();
        if (!isRun) return;
        launchers.close();
        gpu.close();
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
        DTypeException.require("upload", "tensor", to, DType.F32);
        requireSize(from.length, to);
        upload(MemorySegment.ofArray(from), to);
    }

    @Override
    public void upload(int[] from, Tensor to) {
        DTypeException.require("upload", "tensor", to, DType.I32);
        requireSize(from.length, to);
        upload(MemorySegment.ofArray(from), to);
    }

    private static void requireSize(int values, Tensor to) {
        if (values != to.size()) {
            throw new ShapeException("upload: %d values, expected %d for %s".formatted(values, to.size(), to));
        }
    }

    private void upload(MemorySegment from, Tensor to) {
        if (to.bytes() > 0) gpu.upload(from, DeviceMemory.address(to));
    }

    private void download(Tensor from, MemorySegment to) {
        if (from.bytes() > 0) gpu.download(DeviceMemory.address(from), to);
    }

    /// A u8 tensor of host values, such as codes of four bits, two in a byte.
    public Tensor ofBytes(byte... values) {
        Tensor t = empty(DType.U8, Shape.of(values.length));
        upload(MemorySegment.ofArray(values), t);
        return t;
    }

    @Override
    public float[] download(Tensor from) {
        if (from.dtype() == DType.F32) {
            float[] values = new float[from.size()];
            download(from, MemorySegment.ofArray(values));
            return values;
        }
        try (Arena arena = Arena.ofConfined();
                Kernels host = CpuKernels.open()) {
            return host.download(toHost(from, arena));
        }
    }

    @Override
    public int[] downloadInts(Tensor from) {
        DTypeException.require("download", "tensor", from, DType.I32);
        int[] values = new int[from.size()];
        download(from, MemorySegment.ofArray(values));
        return values;
    }

    /// Rows enough that reading the weights once more for each chunk costs little.
    @Override
    public int chunkValues() {
        return CHUNK_VALUES;
    }

    @Override
    public Tensor fromHost(Tensor host) {
        RealType.requireReadable(host.dtype());
        return host.parts(part -> {
            Tensor t = empty(part.dtype(), part.shape());
            upload(part.data(), t);
            return t;
        });
    }

    @Override
    public Tensor toHost(Tensor t, Arena arena) {
        return t.parts(part -> {
            Tensor host = Tensor.zeros(arena, part.dtype(), part.shape());
            download(part, host.data());
            return host;
        });
    }

    @Override
    public void copy(Tensor from, Tensor to) {
        ShapeException.require("copy", "to", to.shape(), from.shape(), "shape of from");
        if (from.dtype() == to.dtype() && !to.dtype().hasScales()) {
            if (from.bytes() > 0) gpu.copy(DeviceMemory.address(from), DeviceMemory.address(to), from.bytes());
            return;
        }
        launchers.convert.copy(from, to);
    }

    @Override
    public MatMulKernel matMul() {
        return launchers.matMul;
    }

    @Override
    public LowRankKernel lowRank() {
        return launchers.lowRank;
    }

    @Override
    public ElementwiseKernel elementwise() {
        return launchers.elementwise;
    }

    @Override
    public ReduceKernel reduce() {
        return launchers.reduce;
    }

    @Override
    public FunctionKernel function() {
        return launchers.function;
    }

    @Override
    public ActivationKernel activation() {
        return launchers.activation;
    }

    @Override
    public RmsNormKernel rmsNorm() {
        return launchers.rmsNorm;
    }

    @Override
    public LayerNormKernel layerNorm() {
        return launchers.layerNorm;
    }

    @Override
    public GroupNormKernel groupNorm() {
        return launchers.groupNorm;
    }

    @Override
    public Conv2dKernel conv2d() {
        return launchers.conv2d;
    }

    @Override
    public UpsampleKernel upsample() {
        return launchers.upsample;
    }

    @Override
    public RopeKernel rope() {
        return launchers.rope;
    }

    @Override
    public AttentionKernel attention() {
        return launchers.attention;
    }

    @Override
    public GatedRecurrenceKernel gatedRecurrence() {
        throw Launchers.missing("gated_recurrence");
    }

    @Override
    public KvAppendKernel kvAppend() {
        return launchers.kvAppend;
    }

    @Override
    public IndexSelectKernel indexSelect() {
        return launchers.indexSelect;
    }

    @Override
    public LayoutKernel layout() {
        return launchers.layout;
    }

    @Override
    public SoftmaxKernel softmax() {
        return launchers.softmax;
    }

    @Override
    public LogProbKernel logProb() {
        return launchers.logProb;
    }

    @Override
    public SamplingKernel sampling() {
        return launchers.sampling;
    }

    @Override
    public DropoutKernel dropout() {
        return launchers.dropout;
    }

    @Override
    public AdamWKernel adamW() {
        return launchers.adamW;
    }

    @Override
    public LionKernel lion() {
        return launchers.lion;
    }

    @Override
    public BlockCodesKernel blockCodes() {
        return launchers.blockCodes;
    }
}
