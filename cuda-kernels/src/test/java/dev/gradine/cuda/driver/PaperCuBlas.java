package dev.gradine.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// The functions of cuBLAS that are bound, by its documentation: `C = alpha · op(A) · op(B) + beta · C`, columns first,
/// each column so many values after the one before.
final class PaperCuBlas implements AutoCloseable {

    /// What arrives may be spoilt before it is used: `[handle, opA, opB, m, n, k, alpha, A, typeA, lda, B, typeB, ldb,
    /// beta, C, typeC, ldc, compute, algorithm]`.
    static final Consumer<Object[]> NO_FAULT = arguments -> {};

    private static final int INVALID_VALUE = 7;
    private static final int INTERNAL_ERROR = 14;
    private static final int NOT_SUPPORTED = 15;
    private static final int BF16 = 14;
    private static final int TF32_MATH = 3;
    private static final int COMPUTE_F32 = 68;

    /// Where operands lie.
    interface Memory {
        /// A copy of `bytes` bytes.
        MemorySegment read(long address, long bytes);

        void write(MemorySegment from, long address);
    }

    private final Arena arena = Arena.ofShared();
    private final Map<String, MemorySegment> stubs = new HashMap<>();
    private final Memory memory;
    private final Consumer<Object[]> fault;
    private int mode;
    private int products;
    private boolean stuck;
    private boolean closed;

    PaperCuBlas(Memory memory, Consumer<Object[]> fault) {
        this.memory = memory;
        this.fault = fault;
        stub("cublasCreate_v2", a -> set(a[0], 8, s -> s.set(ADDRESS, 0, MemorySegment.ofAddress(77))), ADDRESS);
        stub("cublasSetStream_v2", a -> 0, ADDRESS, ADDRESS);
        stub("cublasSetMathMode", a -> setMode((int) a[1]), ADDRESS, JAVA_INT);
        stub("cublasGetMathMode", a -> set(a[1], 4, s -> s.set(JAVA_INT, 0, mode)), ADDRESS, ADDRESS);
        stub("cublasDestroy_v2", a -> close((MemorySegment) a[0]), ADDRESS);
        List<MemoryLayout> gemm = new ArrayList<>(List.of(ADDRESS));
        gemm.addAll(Collections.nCopies(5, JAVA_INT));
        gemm.addAll(List.of(ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
        gemm.addAll(List.of(ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
        stub("cublasGemmEx", this::gemm, gemm.toArray(MemoryLayout[]::new));
    }

    /// To be bound.
    SymbolLookup library() {
        return name -> Optional.ofNullable(stubs.get(name));
    }

    /// Makes it keep a math mode, whatever it is asked for.
    PaperCuBlas stuckIn(int other) {
        mode = other;
        stuck = true;
        return this;
    }

    /// How many were computed.
    int products() {
        return products;
    }

    boolean isClosed() {
        return closed;
    }

    private interface Body {
        int call(Object[] arguments);
    }

    @SuppressWarnings("restricted") // a stub of our own
    private void stub(String name, Body body, MemoryLayout... parameters) {
        FunctionDescriptor signature = FunctionDescriptor.of(JAVA_INT, parameters);
        Body safe = arguments -> {
            try {
                return body.call(arguments);
            } catch (RuntimeException e) { // would end the process
                return INTERNAL_ERROR;
            }
        };
        try {
            MethodHandle target = MethodHandles.lookup()
                    .findVirtual(Body.class, "call", MethodType.methodType(int.class, Object[].class))
                    .bindTo(safe)
                    .asCollector(Object[].class, parameters.length)
                    .asType(signature.toMethodType());
            stubs.put(name, Linker.nativeLinker().upcallStub(target, signature, arena));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("restricted") // as large as the function's parameter is
    private static int set(Object pointer, long bytes, Consumer<MemorySegment> to) {
        to.accept(((MemorySegment) pointer).reinterpret(bytes));
        return 0;
    }

    private int setMode(int to) {
        if (!stuck) mode = to;
        return 0;
    }

    private int close(MemorySegment handle) {
        closed = handle.address() == 77;
        return 0;
    }

    /// Columns first: value (row, column) lies at `row + column · stride`.
    private record Operand(MemorySegment values, int type, int stride, boolean transposed) {

        float get(int row, int column) {
            long at = transposed ? column + (long) row * stride : row + (long) column * stride;
            if (type != BF16) return values.get(JAVA_FLOAT_UNALIGNED, 4 * at);
            return Float.intBitsToFloat(values.get(JAVA_SHORT_UNALIGNED, 2 * at) << 16);
        }

        void set(int row, int column, float x) {
            long at = row + (long) column * stride;
            if (type != BF16) {
                values.set(JAVA_FLOAT_UNALIGNED, 4 * at, x);
                return;
            }
            int bits = Float.floatToRawIntBits(x);
            int rounded = (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
            values.set(JAVA_SHORT_UNALIGNED, 2 * at, (short) (Float.isNaN(x) ? 0x7fff : rounded));
        }
    }

    private Operand operand(Object[] x, int at, int rows, int columns, boolean transposed) {
        int type = (int) x[at + 1];
        int stride = (int) x[at + 2];
        long values = (columns - 1L) * stride + rows;
        MemorySegment copy = memory.read(((MemorySegment) x[at]).address(), values * (type == BF16 ? 2 : 4));
        return new Operand(copy, type, stride, transposed);
    }

    private int gemm(Object[] x) {
        fault.accept(x);
        boolean ta = (int) x[1] == 1;
        boolean tb = (int) x[2] == 1;
        int m = (int) x[3];
        int n = (int) x[4];
        int k = (int) x[5];
        boolean fits = (int) x[9] >= (ta ? k : m) && (int) x[12] >= (tb ? n : k) && (int) x[16] >= m;
        if (!fits || m < 1 || n < 1 || k < 1) return INVALID_VALUE;
        if (!isSupported((int) x[8], (int) x[11], (int) x[15], (int) x[17])) return NOT_SUPPORTED;
        Operand a = operand(x, 7, ta ? k : m, ta ? m : k, ta);
        Operand b = operand(x, 10, tb ? n : k, tb ? k : n, tb);
        Operand c = operand(x, 14, m, n, false);
        float alpha = scalar(x[6]);
        float beta = scalar(x[13]);
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < m; i++) {
                float sum = 0;
                for (int p = 0; p < k; p++) sum += operand(a.get(i, p)) * operand(b.get(p, j));
                c.set(i, j, beta == 0 ? alpha * sum : alpha * sum + beta * c.get(i, j));
            }
        }
        memory.write(c.values(), ((MemorySegment) x[14]).address());
        products++;
        return 0;
    }

    private static boolean isSupported(int a, int b, int c, int compute) {
        return compute == COMPUTE_F32 && a == b && (a == 0 ? c == 0 : a == BF16 && (c == 0 || c == BF16));
    }

    /// tf32 keeps ten bits of a fraction.
    private float operand(float x) {
        return mode == TF32_MATH ? Float.intBitsToFloat(Float.floatToRawIntBits(x) & 0xffffe000) : x;
    }

    @SuppressWarnings("restricted") // a pointer to one float
    private static float scalar(Object pointer) {
        return ((MemorySegment) pointer).reinterpret(4).get(ValueLayout.JAVA_FLOAT, 0);
    }

    @Override
    public void close() {
        arena.close();
    }
}
