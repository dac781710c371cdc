package dev.gradine.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradine.gpu.TensorMap;
import dev.gradine.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Tensor maps as the bytes that the driver makes of them. JCuda does not know the call, so it is bound here.
final class TensorMaps {

    private static final int ALIGNMENT = 64;
    private static final int MOST_KEPT = 4096;
    private static final int L2_PROMOTION_256 = 3; // CU_TENSOR_MAP_L2_PROMOTION_L2_256B

    private @Nullable MethodHandle encode;
    private final Map<TensorMap, byte[]> kept = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<TensorMap, byte[]> eldest) {
            return size() > MOST_KEPT;
        }
    };

    /// The bytes of a kernel's parameter.
    ///
    /// @throws IllegalStateException with the driver's error
    byte[] encoded(TensorMap map) {
        return kept.computeIfAbsent(map, this::encode);
    }

    private byte[] encode(TensorMap map) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(TensorMap.BYTES, ALIGNMENT);
            int rank = map.sizes().size();
            MemorySegment strides = rank == 1
                    ? MemorySegment.NULL
                    : arena.allocateFrom(
                            JAVA_LONG, map.strides().stream().mapToLong(v -> v).toArray());
            int[] every = new int[rank];
            Arrays.fill(every, 1);
            int code = (int) function()
                    .invokeExact(
                            out,
                            type(map.type()),
                            rank,
                            MemorySegment.ofAddress(map.address()),
                            arena.allocateFrom(
                                    JAVA_LONG,
                                    map.sizes().stream().mapToLong(s -> s).toArray()),
                            strides,
                            arena.allocateFrom(
                                    JAVA_INT,
                                    map.box().stream().mapToInt(b -> b).toArray()),
                            arena.allocateFrom(JAVA_INT, every),
                            0, // not interleaved
                            swizzle(map.swizzle()),
                            L2_PROMOTION_256,
                            0); // what is not there is zero
            Driver.check(code, "cuTensorMapEncodeTiled of " + map);
            return out.toArray(JAVA_BYTE);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // a native function throws nothing
            throw new IllegalStateException("cuTensorMapEncodeTiled", e);
        }
    }

    @SuppressWarnings("restricted") // bound by the signature of its documentation
    private MethodHandle function() {
        MethodHandle bound = encode;
        if (bound != null) return bound;
        FunctionDescriptor signature = FunctionDescriptor.of(
                JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT,
                JAVA_INT, JAVA_INT);
        SymbolLookup library = SymbolLookup.libraryLookup(Driver.LIBRARY, Arena.global());
        bound = Linker.nativeLinker().downcallHandle(library.findOrThrow("cuTensorMapEncodeTiled"), signature);
        encode = bound;
        return bound;
    }

    /// CUtensorMapDataType.
    private static int type(DType type) {
        return switch (type) {
            case U8 -> 0;
            case I32 -> 3;
            case F16 -> 6;
            case F32 -> 7;
            case BF16 -> 9;
            default -> throw new IllegalArgumentException("tensor_map: type is " + type); // no map is made of it
        };
    }

    /// CUtensorMapSwizzle.
    private static int swizzle(int bytes) {
        return switch (bytes) {
            case 32 -> 1;
            case 64 -> 2;
            case 128 -> 3;
            default -> 0;
        };
    }
}
