package dev.gradine.cuda.driver;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/// Plain addresses as JCuda's objects.
final class Addresses {

    private Addresses() {}

    /// Memory of the GPU.
    static final class OnGpu extends CUdeviceptr {

        OnGpu() {}

        OnGpu(long address) {
            super(new CUdeviceptr(), address); // null and an offset from it
        }

        long value() {
            return getNativePointer() + getByteOffset();
        }
    }

    /// Memory of the host.
    static final class OnHost extends Pointer {

        OnHost() {}

        OnHost(long address) {
            super(address);
        }

        long value() {
            return getNativePointer() + getByteOffset();
        }
    }

    /// Where native memory begins.
    static OnHost of(MemorySegment segment) {
        return new OnHost(segment.address());
    }
}
