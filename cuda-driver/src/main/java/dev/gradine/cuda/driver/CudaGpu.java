package dev.gradine.cuda.driver;

import dev.gradine.cuda.driver.Addresses.OnGpu;
import dev.gradine.gpu.DeviceMemory;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.Operation;
import dev.gradine.gpu.Recording;
import dev.gradine.gpu.TensorMap;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/// A GPU. All its work goes through one stream of the device's primary context, which cuBLAS shares.
///
/// A kernel that fails shows at a later call, and the message names the kernel launched last. With the
/// property `gradine.cuda.wait` every launch waits for its kernel, so that the one that failed is
/// named.
public final class CudaGpu implements Gpu {

    private static final boolean WAIT = Boolean.getBoolean("gradine.cuda.wait");
    /// The compute capability that kernels for Hopper alone are made for.
    public static final int HOPPER = 90;

    private static final int NON_BLOCKING = 1; // CU_STREAM_NON_BLOCKING: no ties to the default stream

    private final GpuInfo info;
    private final Predicate<Kernel> verified;
    private final TensorMaps maps = new TensorMaps();
    private final CUdevice device;
    private final Context context = new Context();
    private final WorkStream stream = new WorkStream();
    private final PinnedBuffers buffers;
    private final Modules modules;
    private final int multiprocessors;
    private final int sharedBytes;
    private Thread owner = Thread.currentThread(); // whose current context is ours
    private Object last = "nothing launched yet";

    /// @param ptx the text of a PTX file, by its stem
    /// @param verified whether a kernel for Hopper alone was seen to be right on this GPU
    public CudaGpu(GpuInfo info, UnaryOperator<String> ptx, Predicate<Kernel> verified) {
        this.info = info;
        this.verified = verified;
        device = Driver.device(info.ordinal());
        Driver.check(JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain");
        Driver.check(JCudaDriver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
        Driver.check(JCudaDriver.cuStreamCreate(stream, NON_BLOCKING), "cuStreamCreate");
        buffers = new PinnedBuffers(stream);
        modules = new Modules(ptx);
        multiprocessors = Driver.attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        sharedBytes =
                Driver.attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    }

    @Override
    public String name() {
        return info.toString();
    }

    @Override
    public int capability() {
        return info.capability();
    }

    @Override
    public int multiprocessors() {
        return multiprocessors;
    }

    @Override
    public int sharedBytesPerBlock() {
        return sharedBytes;
    }

    @Override
    public boolean runs(Kernel kernel) {
        return !kernel.isHopper() || (info.capability() == HOPPER && verified.test(kernel));
    }

    /// The stream, for libraries that are to work in the same order.
    long streamAddress() {
        return stream.address();
    }

    private static final class WorkStream extends CUstream {
        long address() {
            return getNativePointer();
        }
    }

    private static final class Context extends CUcontext {
        long address() {
            return getNativePointer();
        }
    }

    /// A context is a thread's; kernels may be called from any.
    void enter() {
        if (!owner.equals(Thread.currentThread())) {
            Driver.check(JCudaDriver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
            owner = Thread.currentThread();
        }
    }

    /// Names the latest work, for faults that come late.
    void noteLast(Object work) {
        last = work;
    }

    @Override
    public long allocate(long bytes) {
        enter();
        OnGpu address = new OnGpu();
        Driver.checkMemory(JCudaDriver.cuMemAlloc(address, Math.max(1, bytes)), name(), bytes);
        return address.value();
    }

    @Override
    public void free(long address) {
        enter();
        check(JCudaDriver.cuMemFree(new OnGpu(address)), "cuMemFree");
    }

    @Override
    public long freeBytes() {
        enter();
        return Driver.freeBytes();
    }

    @Override
    public void upload(MemorySegment from, long to) {
        enter();
        buffers.upload(from, to);
    }

    @Override
    public void download(long from, MemorySegment to) {
        synchronize();
        buffers.download(from, to);
    }

    @Override
    public void copy(long from, long to, long bytes) {
        enter();
        check(JCudaDriver.cuMemcpyDtoDAsync(new OnGpu(to), new OnGpu(from), bytes, stream), "copy");
    }

    @Override
    public void fill(long to, byte value, long bytes) {
        enter();
        check(JCudaDriver.cuMemsetD8Async(new OnGpu(to), value, bytes, stream), "fill");
    }

    @Override
    public void launch(Kernel kernel, Grid grid, Object... arguments) {
        enter();
        Modules.Function f = modules.function(kernel);
        f.signatures().require(kernel.entry(), arguments);
        Pointer[] pointers = new Pointer[arguments.length];
        for (int i = 0; i < arguments.length; i++) pointers[i] = pointer(arguments[i]);
        last = new Launched(kernel, grid);
        f.allowShared(grid.sharedBytes(), last);
        int code = JCudaDriver.cuLaunchKernel(
                f.handle(),
                grid.x(),
                grid.y(),
                grid.z(),
                grid.threads(),
                1,
                1,
                grid.sharedBytes(),
                stream,
                Pointer.to(pointers),
                null);
        Driver.check(code, last);
        if (WAIT) Driver.check(JCudaDriver.cuStreamSynchronize(stream), last);
    }

    private Pointer pointer(Object argument) {
        return switch (argument) {
            case Tensor t -> Pointer.to(new long[] {DeviceMemory.address(t)});
            case Long l -> Pointer.to(new long[] {l});
            case Integer i -> Pointer.to(new int[] {i});
            case Float f -> Pointer.to(new float[] {f});
            case TensorMap map -> Pointer.to(maps.encoded(map));
            default -> throw new IllegalArgumentException("argument is " + argument); // Signatures let it through
        };
    }

    @Override
    public void inOrder(Runnable work) {
        enter();
        last = "work of another library";
        work.run();
        if (WAIT) Driver.check(JCudaDriver.cuStreamSynchronize(stream), last);
    }

    @Override
    public Recording record(List<Operation> operations) {
        enter();
        return new CudaGraph(this, new CudaHandles(modules, maps, context.address(), stream.address()), operations);
    }

    @Override
    public void synchronize() {
        enter();
        check(JCudaDriver.cuStreamSynchronize(stream), "synchronize");
    }

    /// Faults of kernels come late, so the last one is named.
    private void check(int code, String what) {
        if (code != 0) Driver.check(code, what + " after " + last);
    }

    /// Seconds that the GPU takes for what `work` launches, by its own clock.
    public double seconds(Runnable work) {
        enter();
        CUevent begin = new CUevent();
        CUevent end = new CUevent();
        check(JCudaDriver.cuEventCreate(begin, 0), "cuEventCreate");
        check(JCudaDriver.cuEventCreate(end, 0), "cuEventCreate");
        try {
            check(JCudaDriver.cuEventRecord(begin, stream), "cuEventRecord");
            work.run();
            check(JCudaDriver.cuEventRecord(end, stream), "cuEventRecord");
            check(JCudaDriver.cuEventSynchronize(end), "cuEventSynchronize");
            float[] milliseconds = new float[1];
            check(JCudaDriver.cuEventElapsedTime(milliseconds, begin, end), "cuEventElapsedTime");
            return milliseconds[0] * 1e-3;
        } finally {
            JCudaDriver.cuEventDestroy(begin);
            JCudaDriver.cuEventDestroy(end);
        }
    }

    @Override
    public void close() {
        enter();
        JCudaDriver.cuStreamSynchronize(stream);
        modules.close();
        buffers.close();
        JCudaDriver.cuStreamDestroy(stream);
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
}
