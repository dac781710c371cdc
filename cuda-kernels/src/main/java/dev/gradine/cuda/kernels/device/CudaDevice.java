package dev.gradine.cuda.kernels.device;

import dev.gradine.cuda.driver.CuBlas;
import dev.gradine.cuda.driver.CudaGpu;
import dev.gradine.cuda.driver.DeviceAbsentException;
import dev.gradine.cuda.driver.Driver;
import dev.gradine.cuda.driver.GpuInfo;
import dev.gradine.cuda.driver.UserCache;
import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.kernels.PtxFiles;
import dev.gradine.cuda.kernels.check.Verified;
import dev.gradine.gpu.DenseGemm;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.GraphGpu;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.DeviceOptions;
import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/// The first GPU that the driver lets this process see.
public final class CudaDevice implements Device {

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public String whyMissing() {
        return Driver.whyMissing();
    }

    @Override
    public String note() {
        if (!whyMissing().isEmpty()) return "";
        GpuInfo gpu = Driver.gpus().getFirst();
        if (gpu.capability() != CudaGpu.HOPPER) return "";
        Predicate<Kernel> verified = verified(gpu.toString());
        long unknown = PtxFiles.hopper().stream().filter(verified.negate()).count();
        return unknown == 0
                ? ""
                : "%d of %d kernels for Hopper were not verified on %s: kernels for every GPU do their work until"
                                .formatted(unknown, PtxFiles.hopper().size(), gpu)
                        + " gradine gpu check has run here";
    }

    @Override
    public Kernels open(DeviceOptions options) {
        CudaGpu gpu = openGpu();
        try {
            List<DenseGemm> vendor = options.vendorGemm() ? List.of(CuBlas.required(gpu)) : List.of();
            Gpu executing = options.graphs() ? new GraphGpu(gpu) : gpu;
            return CudaKernels.open(executing, options.dataType(), vendor);
        } catch (RuntimeException e) {
            gpu.close();
            throw e;
        }
    }

    /// The GPU alone, for who measures it. Kernels for Hopper may be chosen that the program says were verified on
    /// such a GPU, or that `gpu check` has verified on this machine.
    ///
    /// @throws DeviceAbsentException if there is none
    public CudaGpu openGpu() {
        return open(CudaDevice::verified);
    }

    private static Predicate<Kernel> verified(String gpu) {
        List<Verified> known = List.of(Verified.shipped(), Verified.read(UserCache.file(Verified.FILE)));
        return kernel -> known.stream().anyMatch(v -> v.has(kernel, gpu));
    }

    /// The GPU alone, for who checks it: kernels for Hopper may be chosen that nobody has verified yet.
    ///
    /// @throws DeviceAbsentException if there is none
    public CudaGpu openToCheck() {
        return open(_ -> _ -> true);
    }

    private CudaGpu open(Function<String, Predicate<Kernel>> verified) {
        String why = whyMissing();
        if (!why.isEmpty()) throw new DeviceAbsentException(why);
        GpuInfo first = Driver.gpus().getFirst();
        return new CudaGpu(first, PtxFiles::text, verified.apply(first.toString()));
    }
}
