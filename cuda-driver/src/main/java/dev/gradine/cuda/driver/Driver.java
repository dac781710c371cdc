package dev.gradine.cuda.driver;

import dev.gradine.gpu.OutOfDeviceMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/// NVIDIA's driver: whether it is there, which GPUs it has, and what its error codes say.
public final class Driver {

    static final String LIBRARY = "libcuda.so.1";

    private Driver() {}

    /// Why no GPU can be used here; empty if one can. JCuda is not loaded unless there is a driver.
    @SuppressWarnings("restricted") // asks for the driver's library, calls nothing in it
    public static String whyMissing() {
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup.libraryLookup(LIBRARY, arena);
        } catch (IllegalArgumentException _) {
            return "cuda: " + LIBRARY + " not found, expected NVIDIA's driver to be installed";
        }
        try {
            return gpus().isEmpty() ? "cuda: the driver has no GPU" : "";
        } catch (IllegalStateException | DeviceAbsentException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /// All GPUs that the driver lets this process see.
    public static List<GpuInfo> gpus() {
        Natives.load("JCudaDriver", () -> JCudaDriver.setExceptionsEnabled(false));
        check(JCudaDriver.cuInit(0), "cuInit");
        int[] count = new int[1];
        check(JCudaDriver.cuDeviceGetCount(count), "cuDeviceGetCount");
        List<GpuInfo> gpus = new ArrayList<>();
        for (int i = 0; i < count[0]; i++) gpus.add(info(i));
        return gpus;
    }

    private static GpuInfo info(int ordinal) {
        CUdevice device = device(ordinal);
        byte[] name = new byte[256];
        check(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
        int end = 0;
        while (end < name.length && name[end] != 0) end++;
        int capability = 10 * attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
                + attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        return new GpuInfo(ordinal, new String(name, 0, end, StandardCharsets.UTF_8), capability);
    }

    static CUdevice device(int ordinal) {
        CUdevice device = new CUdevice();
        check(JCudaDriver.cuDeviceGet(device, ordinal), "cuDeviceGet");
        return device;
    }

    static int attribute(CUdevice device, int attribute) {
        int[] value = new int[1];
        check(JCudaDriver.cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute");
        return value[0];
    }

    /// Version of CUDA that the driver speaks, such as `13.0`.
    public static String version() {
        int[] v = new int[1];
        check(JCudaDriver.cuDriverGetVersion(v), "cuDriverGetVersion");
        return v[0] / 1000 + "." + v[0] % 1000 / 10;
    }

    /// Fails unless `code` is 0.
    ///
    /// @param what call, or kernel with its grid and block
    /// @throws IllegalStateException with number, name and text of the driver's error
    static void check(int code, Object what) {
        if (code != CUresult.CUDA_SUCCESS) throw new IllegalStateException(what + ": " + text(code));
    }

    /// The same for what allocates.
    ///
    /// @throws OutOfDeviceMemoryException if that is the error
    static void checkMemory(int code, String device, long bytes) {
        if (code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            throw new OutOfDeviceMemoryException(device, bytes, freeBytes());
        }
        check(code, "cuMemAlloc");
    }

    static long freeBytes() {
        long[] free = new long[1];
        long[] total = new long[1];
        check(JCudaDriver.cuMemGetInfo(free, total), "cuMemGetInfo");
        return free[0];
    }

    private static String text(int code) {
        String[] text = new String[1];
        boolean known = JCudaDriver.cuGetErrorString(code, text) == CUresult.CUDA_SUCCESS && text[0] != null;
        return "CUDA " + code + " " + CUresult.stringFor(code) + ": " + (known ? text[0] : "unknown to the driver");
    }
}
