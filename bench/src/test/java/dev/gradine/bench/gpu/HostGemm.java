package dev.gradine.bench.gpu;

import dev.gradine.gpu.DenseGemm;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A vendor's library for the simulator: takes what cuBLAS takes, and multiplies in plain loops.
final class HostGemm implements DenseGemm {

    private final Gpu gpu;
    private int products;

    /// @param gpu where operands lie
    HostGemm(Gpu gpu) {
        this.gpu = gpu;
    }

    /// How many were computed.
    int products() {
        return products;
    }

    @Override
    public String name() {
        return "the host";
    }

    @Override
    public boolean takes(DType a, DType b, DType c) {
        return a == b && (a == DType.F32 ? c == DType.F32 : a == DType.BF16 && (c == DType.BF16 || c == DType.F32));
    }

    private float[] read(Matrix from, int n) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(from.type().bytes(n), 4);
            gpu.download(from.address(), bytes);
            float[] values = new float[n];
            for (int i = 0; i < n; i++) {
                values[i] = from.type() == DType.F32
                        ? bytes.getAtIndex(ValueLayout.JAVA_FLOAT, i)
                        : Float.intBitsToFloat(bytes.getAtIndex(ValueLayout.JAVA_SHORT, i) << 16);
            }
            return values;
        }
    }

    private void write(float[] values, Matrix to) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(to.type().bytes(values.length), 4);
            for (int i = 0; i < values.length; i++) {
                int bits = Float.floatToRawIntBits(values[i]);
                short rounded = (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
                if (to.type() == DType.F32) bytes.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i]);
                else bytes.setAtIndex(ValueLayout.JAVA_SHORT, i, rounded);
            }
            gpu.upload(bytes, to.address());
        }
    }

    @Override
    public void multiply(Product p) {
        int m = p.size().m();
        int n = p.size().n();
        int k = p.size().k();
        float[] a = read(p.a(), m * k);
        float[] b = read(p.b(), k * n);
        float[] c = read(p.c(), m * n);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = 0;
                for (int l = 0; l < k; l++) {
                    float x = p.form() == Form.TN ? a[l * m + i] : a[i * k + l];
                    sum += x * (p.form() == Form.NT ? b[j * k + l] : b[l * n + j]);
                }
                c[i * n + j] = p.alpha() * sum + (p.accumulate() ? c[i * n + j] : 0);
            }
        }
        write(c, p.c());
        products++;
    }

    @Override
    public void close() {}
}
