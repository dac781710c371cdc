package dev.gradine.cuda.driver;

import dev.gradine.cuda.driver.Addresses.OnGpu;
import dev.gradine.cuda.driver.Addresses.OnHost;
import java.lang.foreign.MemorySegment;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/// Two buffers of host memory that the GPU can read by itself: while it reads one, the host fills the
/// other. A buffer takes one upload after the other until it is full, so that the host seldom waits.
final class PinnedBuffers {

    private static final int BUFFERS = 2;
    private static final long BYTES = 8L << 20;
    private static final long ALIGNMENT = 64;
    private static final int NO_TIMING = 2; // CU_EVENT_DISABLE_TIMING

    private final CUstream stream;
    private final MemorySegment[] buffers = new MemorySegment[BUFFERS];
    private final CUevent[] read = new CUevent[BUFFERS]; // when the GPU has read all of the buffer
    private int now; // the buffer that is being filled
    private long used; // bytes of it

    PinnedBuffers(CUstream stream) {
        this.stream = stream;
        for (int i = 0; i < BUFFERS; i++) {
            buffers[i] = allocate(BYTES);
            read[i] = new CUevent();
            Driver.check(JCudaDriver.cuEventCreate(read[i], NO_TIMING), "cuEventCreate");
        }
    }

    @SuppressWarnings("restricted") // as long as was allocated
    private static MemorySegment allocate(long bytes) {
        OnHost pointer = new OnHost();
        Driver.check(JCudaDriver.cuMemHostAlloc(pointer, bytes, 0), "cuMemHostAlloc");
        return MemorySegment.ofAddress(pointer.value()).reinterpret(bytes);
    }

    /// Copies to the GPU; `from` may change once this returns.
    void upload(MemorySegment from, long to) {
        for (long at = 0; at < from.byteSize(); ) {
            if (used == BYTES) turn();
            long bytes = Math.min(BYTES - used, from.byteSize() - at);
            MemorySegment part = buffers[now].asSlice(used, bytes);
            part.copyFrom(from.asSlice(at, bytes));
            int code = JCudaDriver.cuMemcpyHtoDAsync(new OnGpu(to + at), Addresses.of(part), bytes, stream);
            Driver.check(code, "upload of %,d bytes".formatted(bytes));
            used = Math.min(BYTES, (used + bytes + ALIGNMENT - 1) & -ALIGNMENT);
            at += bytes;
        }
    }

    /// Goes on to the other buffer once the GPU has read it.
    private void turn() {
        Driver.check(JCudaDriver.cuEventRecord(read[now], stream), "upload");
        now = (now + 1) % BUFFERS;
        used = 0;
        Driver.check(JCudaDriver.cuEventSynchronize(read[now]), "upload");
    }

    /// Copies to the host and waits for it.
    void download(long from, MemorySegment to) {
        for (long at = 0; at < to.byteSize(); at += BYTES) {
            long bytes = Math.min(BYTES, to.byteSize() - at);
            int code = JCudaDriver.cuMemcpyDtoHAsync(Addresses.of(buffers[0]), new OnGpu(from + at), bytes, stream);
            Driver.check(code, "download of %,d bytes".formatted(bytes));
            Driver.check(JCudaDriver.cuStreamSynchronize(stream), "download of %,d bytes".formatted(bytes));
            MemorySegment.copy(buffers[0], 0, to, at, bytes);
        }
    }

    void close() {
        for (int i = 0; i < BUFFERS; i++) {
            JCudaDriver.cuEventDestroy(read[i]);
            JCudaDriver.cuMemFreeHost(Addresses.of(buffers[i]));
        }
    }
}
