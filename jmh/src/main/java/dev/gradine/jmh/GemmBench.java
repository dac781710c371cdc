package dev.gradine.jmh;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/// Matrix products at the shapes of a 135 M model's LoRA step. GFLOP/s are `2 · M · K · N / time`.
public class GemmBench extends CpuBench {

    /// Form, type of `b`, then M, K and N.
    @Param({
        "nt F32 1024 576 1536",
        "nt F32 1024 1536 576",
        "nt F32 1024 576 576",
        "nt F32 1024 576 192",
        "nt F32 1024 576 16",
        "nt F32 1024 16 576",
        "nt F32 256 576 49152",
        "nt F32 512 512 512",
        "nt F32 1024 1024 1024",
        "nt F32 2048 2048 2048",
        "nt F32 16 576 1536",
        "nt F32 1 576 1536",
        "nt F32 1 576 49152",
        "nt F32 20 64 172",
        "nt Q4_1 1024 576 1536",
        "nt Q4_1 16 576 1536",
        "nt Q4_1 128 576 1536",
        "nt Q4_1 1 576 49152",
        "nt Q4_K 1 2048 8192",
        "nt Q6_K 1 2048 8192",
        "nt Q4_1 1 2048 8192",
        "nt Q4_K 16 2048 8192",
        "nt Q4_1 16 2048 8192",
        "nn F32 1024 1536 576",
        "nn Q4_1 1024 1536 576",
        "tn F32 16 1024 576",
        "tn F32 576 1024 16"
    })
    public String product = "";

    private final Arena arena = Arena.ofShared();
    private String form = "";
    private Tensor a = Tensor.zeros(arena, DType.F32, Shape.of(0, 0));
    private Tensor b = a;
    private Tensor c = a;

    /// Fills the operands and checks sampled values of the product against the formula in `double`.
    @Setup
    public void setUp() {
        String[] words = product.split(" ", -1);
        form = words[0];
        int m = Integer.parseInt(words[2]);
        int k = Integer.parseInt(words[3]);
        int n = Integer.parseInt(words[4]);
        Random random = new Random(7);
        a = Tensor.zeros(arena, DType.F32, form.equals("tn") ? Shape.of(k, m) : Shape.of(m, k));
        b = Tensor.zeros(arena, DType.valueOf(words[1]), form.equals("nt") ? Shape.of(n, k) : Shape.of(k, n));
        c = Tensor.zeros(arena, DType.F32, Shape.of(m, n));
        fill(a, random);
        fill(b, random);
        multiply();
        verify(m, k, n, random);
    }

    private static void fill(Tensor t, Random random) {
        MemorySegment data = t.data();
        if (t.dtype() == DType.F32) {
            for (int i = 0; i < t.size(); i++) data.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat(-1, 1));
            return;
        }
        for (long at = 0; at < data.byteSize(); at++) data.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
        for (long at = 0; at < data.byteSize(); at += t.dtype().blockBytes()) { // a block type of GGUF
            for (int half : t.dtype().halves()) {
                data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + half, Float.floatToFloat16(0.01f));
            }
        }
    }

    private void verify(int m, int k, int n, Random random) {
        float[] x = kernels.download(a);
        float[] y = kernels.download(b);
        float[] z = kernels.download(c);
        for (int sample = 0; sample < 1000; sample++) {
            int i = random.nextInt(m);
            int j = random.nextInt(n);
            double sum = 0;
            double scale = 0;
            for (int p = 0; p < k; p++) {
                double term = (double) x[form.equals("tn") ? p * m + i : i * k + p]
                        * y[form.equals("nt") ? j * k + p : p * n + j];
                sum += term;
                scale += Math.abs(term);
            }
            double tolerance = Math.ulp(1f) / 2 * (k + 3) * scale;
            if (!(Math.abs(z[i * n + j] - sum) <= tolerance)) {
                throw new IllegalStateException("%s: value [%d, %d] is %s, expected %s ± %s"
                        .formatted(product, i, j, z[i * n + j], sum, tolerance));
            }
        }
    }

    /// One product.
    @Benchmark
    public Tensor multiply() {
        switch (form) {
            case "nt" -> kernels.matMul().nt(a, b, 1, false, c);
            case "nn" -> kernels.matMul().nn(a, b, 1, false, c);
            case "tn" -> kernels.matMul().tn(a, b, 1, false, c);
            default -> throw new IllegalStateException("gemm bench: form is " + form + ", expected nt, nn or tn");
        }
        return c;
    }

    /// Frees the operands.
    @TearDown
    public void free() {
        arena.close();
    }
}
