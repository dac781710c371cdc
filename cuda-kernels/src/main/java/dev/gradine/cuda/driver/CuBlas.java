package dev.gradine.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.gradine.cuda.DeviceMemory;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Tensor;
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

/// NVIDIA's matrix product, to be measured beside ours. The few calls are bound here, for CUDA 12 and 13 alike.
public final class CuBlas implements AutoCloseable {

    private static final List<String> LIBRARIES = List.of("libcublas.so.13", "libcublas.so.12");
    private static final int NO_TRANSPOSE = 0;
    private static final int TRANSPOSE = 1;
    private static final int REAL_BF16 = 14; // cudaDataType_t
    private static final int REAL_F32 = 0;
    private static final int COMPUTE_F32 = 68; // cublasComputeType_t
    private static final int DEFAULT_ALGORITHM = -1;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment handle;
    private final MemorySegment one;
    private final MemorySegment zero;
    private final MethodHandle gemm;
    private final MethodHandle destroy;

    private CuBlas(SymbolLookup library, long stream) {
        one = arena.allocateFrom(JAVA_FLOAT, 1);
        zero = arena.allocateFrom(JAVA_FLOAT, 0);
        gemm = bind(library, "cublasGemmEx", gemmArguments());
        destroy = bind(library, "cublasDestroy_v2", List.of(ADDRESS));
        MemorySegment created = arena.allocate(ADDRESS);
        call("cublasCreate", bind(library, "cublasCreate_v2", List.of(ADDRESS)), created);
        handle = created.get(ADDRESS, 0);
        MethodHandle setStream = bind(library, "cublasSetStream_v2", List.of(ADDRESS, ADDRESS));
        call("cublasSetStream", setStream, handle, MemorySegment.ofAddress(stream));
    }

    /// cuBLAS on the stream of a card, if the library is installed.
    ///
    /// @return one, or none
    public static List<CuBlas> on(Card card) {
        return LIBRARIES.stream()
                .flatMap(CuBlas::library)
                .limit(1)
                .map(l -> new CuBlas(l, card.streamAddress()))
                .toList();
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
    private static MethodHandle bind(SymbolLookup library, String name, List<MemoryLayout> arguments) {
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

    /// `c[M,N] = a[M,K] · b[N,K]ᵀ`, all F32 or all BF16, accumulated in f32.
    ///
    /// cuBLAS counts columns first, where these rows are the columns of cᵀ = b · aᵀ.
    public void nt(Tensor a, Tensor b, Tensor c) {
        int m = a.shape().dim(0);
        int k = a.shape().dim(1);
        int n = b.shape().dim(0);
        int type = type(a);
        call(
                "cublasGemmEx",
                gemm,
                handle,
                TRANSPOSE,
                NO_TRANSPOSE,
                n,
                m,
                k,
                one,
                address(b),
                type,
                k,
                address(a),
                type,
                k,
                zero,
                address(c),
                type,
                n,
                COMPUTE_F32,
                DEFAULT_ALGORITHM);
    }

    private static int type(Tensor t) {
        return switch (t.dtype()) {
            case F32 -> REAL_F32;
            case BF16 -> REAL_BF16;
            default -> throw new DTypeException("cublas: a is " + t.dtype() + ", expected F32 or BF16");
        };
    }

    private static MemorySegment address(Tensor t) {
        return MemorySegment.ofAddress(DeviceMemory.address(t));
    }

    private static void call(String name, MethodHandle function, Object... arguments) {
        int code;
        try {
            code = (int) function.invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // a native function throws nothing
            throw new IllegalStateException(name, e);
        }
        if (code != 0) throw new IllegalStateException(name + ": cuBLAS error " + code);
    }

    @Override
    public void close() {
        call("cublasDestroy", destroy, handle);
        arena.close();
    }
}
