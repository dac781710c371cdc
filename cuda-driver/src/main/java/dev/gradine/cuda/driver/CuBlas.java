package dev.gradine.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.gradine.gpu.DenseGemm;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/// NVIDIA's matrix product. The few calls are bound here, for CUDA 12 and 13 alike.
///
/// cuBLAS counts columns first: to it our `[M,N]` is the transpose, N × M with N values between columns. So it is
/// asked for `cᵀ = op(b)ᵀ · op(a)ᵀ`.
///
/// Sums are f32 (`CUBLAS_COMPUTE_32F`), F32 operands are not cut to tf32 on the way, and parts of a sum are not
/// rounded to bf16 before they are added up: the math mode says both.
public final class CuBlas implements DenseGemm {

    private static final int OLDEST = 12; // major number of CUDA whose library is bound
    private static final int NO_TRANSPOSE = 0; // cublasOperation_t
    private static final int TRANSPOSE = 1;
    private static final int REAL_F32 = 0; // cudaDataType_t
    private static final int REAL_BF16 = 14;
    private static final int COMPUTE_F32 = 68; // cublasComputeType_t
    private static final int DEFAULT_ALGORITHM = -1;

    private static final int DEFAULT_MATH = 0; // cublasMath_t: tf32 would be 3
    private static final int WIDE_REDUCTION = 16; // CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION

    private final Arena arena = Arena.ofShared();
    private final SymbolLookup library;
    private final MemorySegment handle;
    private final MemorySegment alpha = arena.allocate(JAVA_FLOAT); // read before a call returns
    private final MemorySegment beta = arena.allocate(JAVA_FLOAT);
    private final MethodHandle gemm;

    /// @param library that has cuBLAS's functions
    /// @param stream to work on, of the current context
    CuBlas(SymbolLookup library, long stream) {
        this.library = library;
        gemm = bind("cublasGemmEx", gemmArguments());
        MemorySegment out = arena.allocate(ADDRESS);
        call("cublasCreate_v2", List.of(ADDRESS), out);
        handle = out.get(ADDRESS, 0);
        call("cublasSetStream_v2", List.of(ADDRESS, ADDRESS), handle, MemorySegment.ofAddress(stream));
        call("cublasSetMathMode", List.of(ADDRESS, JAVA_INT), handle, DEFAULT_MATH | WIDE_REDUCTION);
        call("cublasGetMathMode", List.of(ADDRESS, ADDRESS), handle, out);
        int mode = out.get(JAVA_INT, 0);
        if ((mode & ~WIDE_REDUCTION) != DEFAULT_MATH) {
            throw new IllegalStateException("cublas: math mode is %d, expected %d (f32 stays f32, no tf32)"
                    .formatted(mode, DEFAULT_MATH | WIDE_REDUCTION));
        }
    }

    /// cuBLAS on the stream of a GPU, if the library is installed.
    ///
    /// @return one, or none
    public static List<CuBlas> on(CudaGpu gpu) {
        return names().stream()
                .flatMap(CuBlas::library)
                .limit(1)
                .map(l -> new CuBlas(l, gpu.streamAddress()))
                .toList();
    }

    /// cuBLAS on the stream of a GPU that was opened with the wish to use it.
    ///
    /// @throws DeviceAbsentException says which libraries were looked for, if none is installed
    public static CuBlas required(CudaGpu gpu) {
        List<CuBlas> found = on(gpu);
        if (found.isEmpty()) throw new DeviceAbsentException(whyMissing(names()));
        return found.getFirst();
    }

    static String whyMissing(List<String> names) {
        return "cublas: %s not found, expected %s where the loader looks (LD_LIBRARY_PATH names more folders)"
                .formatted(String.join(" and ", names), names.size() == 1 ? "it" : "one of them");
    }

    /// The library of the driver's own CUDA first: a newer one would not run on it.
    private static List<String> names() {
        return names(Driver.version());
    }

    static List<String> names(String cuda) {
        List<String> names = new ArrayList<>();
        int newest = Math.clamp(Integer.parseInt(cuda.substring(0, cuda.indexOf('.'))), OLDEST, OLDEST + 1);
        for (int major = newest; major >= OLDEST; major--) names.add("libcublas.so." + major);
        return names;
    }

    @SuppressWarnings("restricted") // bound by the signatures of its documentation
    private static Stream<SymbolLookup> library(String name) {
        try {
            return Stream.of(SymbolLookup.libraryLookup(name, Arena.global()));
        } catch (IllegalArgumentException _) {
            return Stream.empty(); // that version is not installed
        }
    }

    @SuppressWarnings("restricted") // as above
    private MethodHandle bind(String name, List<MemoryLayout> arguments) {
        FunctionDescriptor signature = FunctionDescriptor.of(JAVA_INT, arguments.toArray(MemoryLayout[]::new));
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), signature);
    }

    /// Handle, two operations, three sizes, alpha, A and B with type and stride, beta, C likewise, two modes.
    private static List<MemoryLayout> gemmArguments() {
        List<MemoryLayout> all = new ArrayList<>(List.of(ADDRESS));
        all.addAll(Collections.nCopies(5, JAVA_INT));
        all.add(ADDRESS);
        for (int i = 0; i < 2; i++) all.addAll(List.of(ADDRESS, JAVA_INT, JAVA_INT));
        all.add(ADDRESS);
        all.addAll(List.of(ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
        return all;
    }

    @Override
    public String name() {
        return "cuBLAS";
    }

    /// What `cublasGemmEx` has for f32 sums: all F32, or BF16 operands with a BF16 or F32 result.
    @Override
    public boolean takes(DType a, DType b, DType c) {
        return a == b && (a == DType.F32 ? c == DType.F32 : a == DType.BF16 && (c == DType.BF16 || c == DType.F32));
    }

    @Override
    public void multiply(Product p) {
        if (!takes(p.a().type(), p.b().type(), p.c().type())) {
            throw new DTypeException("cublas: " + p + ", expected all F32, or BF16 operands");
        }
        int m = p.size().m();
        int n = p.size().n();
        int k = p.size().k();
        int opA = p.form() == Form.TN ? TRANSPOSE : NO_TRANSPOSE;
        int opB = p.form() == Form.NT ? TRANSPOSE : NO_TRANSPOSE;
        int strideA = p.form() == Form.TN ? m : k;
        int strideB = p.form() == Form.NT ? k : n;
        alpha.set(JAVA_FLOAT, 0, p.alpha());
        beta.set(JAVA_FLOAT, 0, p.accumulate() ? 1 : 0);
        MemorySegment a = MemorySegment.ofAddress(p.a().address());
        MemorySegment b = MemorySegment.ofAddress(p.b().address());
        MemorySegment c = MemorySegment.ofAddress(p.c().address());
        int ofA = type(p.a());
        int ofB = type(p.b());
        int code;
        try {
            code = (int) gemm.invokeExact(
                    handle,
                    opB,
                    opA,
                    n,
                    m,
                    k,
                    alpha,
                    b,
                    ofB,
                    strideB,
                    a,
                    ofA,
                    strideA,
                    beta,
                    c,
                    type(p.c()),
                    n,
                    COMPUTE_F32,
                    DEFAULT_ALGORITHM);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // a native function throws nothing
            throw new IllegalStateException(p.toString(), e);
        }
        if (code != 0) throw new IllegalStateException(p + ": " + text(code));
    }

    private static int type(Matrix m) {
        return m.type() == DType.F32 ? REAL_F32 : REAL_BF16;
    }

    private void call(String name, List<MemoryLayout> parameters, Object... arguments) {
        int code;
        try {
            code = (int) bind(name, parameters).invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // as above
            throw new IllegalStateException(name, e);
        }
        if (code != 0) throw new IllegalStateException(name + ": " + text(code));
    }

    /// Number and name of a `cublasStatus_t`.
    private static String text(int code) {
        String name = switch (code) {
            case 1 -> "not initialised";
            case 3 -> "allocation failed";
            case 7 -> "invalid value";
            case 8 -> "architecture mismatch";
            case 11 -> "mapping error";
            case 13 -> "execution failed";
            case 14 -> "internal error";
            case 15 -> "not supported";
            case 16 -> "licence error";
            default -> "unknown";
        };
        return "cuBLAS " + code + " " + name;
    }

    @Override
    public void close() {
        call("cublasDestroy_v2", List.of(ADDRESS), handle);
        arena.close();
    }
}
