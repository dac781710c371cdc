package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.SamplingKernel;
import dev.gradine.tensor.kernel.SamplingParams;
import java.lang.foreign.MemorySegment;

/// Launches `sampling.cu`. Logits are F32 or BF16.
final class SamplingCuda implements SamplingKernel {

    private static final String OP = "sampling";
    private static final int MOST_THREADS = 1024;
    private static final double COLDEST = 1e-38; // whose inverse is finite in f32

    private final Gpu gpu;
    private final Workspace fractions;

    SamplingCuda(Gpu gpu) {
        this.gpu = gpu;
        this.fractions = new Workspace(gpu);
    }

    @Override
    public void draw(Tensor logits, SamplingParams params, double[] u, Tensor tokens) {
        DType type = Data.type(OP, "logits", logits);
        int n = SamplingKernel.requireRows(logits, params, u, tokens);
        if (n == 0) return;
        int v = logits.shape().last();
        Grid grid = Grids.rows(gpu, n, Data.groups(v, type), 4, MOST_THREADS);
        if (params.isGreedy()) {
            gpu.launch(Data.kernel(OP, "argmax", type), grid, logits, tokens, n, v);
            return;
        }
        float inverse = (float) (1 / Math.max(COLDEST, params.temperature()));
        long p = params.topP() == 1 ? 0 : fraction(Math.max(0x1p-63, params.topP()));
        float depth = (float) (-Math.log(params.minP()) * params.temperature());
        new Arguments()
                .values(logits, upload(u), params.topK(), p, depth, inverse, tokens, n, v)
                .launch(gpu, Data.kernel(OP, "draw", type), grid);
    }

    private long upload(double[] u) {
        long[] parts = new long[u.length];
        for (int i = 0; i < u.length; i++) parts[i] = fraction(u[i]);
        long address = fractions.room(8L * u.length);
        gpu.upload(MemorySegment.ofArray(parts), address);
        return address;
    }

    /// A number in [0, 1) in units of 2⁻⁶⁴, without a sign.
    private static long fraction(double x) {
        return (long) (x * 0x1p63) << 1;
    }
}
