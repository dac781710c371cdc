package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.TensorMap;
import dev.gradine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Products by `wgmma` of what the copy engine has brought.
final class HopperTest {

    private static final Kernel PRODUCT = new Kernel("hopper", "product");
    private static final Kernel PIPELINE = new Kernel("hopper", "pipeline");

    /// Whole numbers, so that every order of sums gives the same.
    @Test
    void a_product_of_tiles_is_that_of_the_matrices() {
        int m = 128;
        int n = 64;
        int k = 192;
        assertThat(run(Planted.text("hopper", HopperKernels.PRODUCT), Schedule.inTurn(), m, n, k))
                .containsExactly(expected(m, n, k));
    }

    @Test
    void in_any_order_of_warps() {
        for (int seed = 0; seed < 10; seed++) {
            assertThat(run(Planted.text("hopper", HopperKernels.PRODUCT), Schedule.random(seed), 64, 64, 192))
                    .containsExactly(expected(64, 64, 192));
        }
    }

    @Test
    void what_is_outside_of_a_tensor_is_zero() {
        assertThat(run(Planted.text("hopper", HopperKernels.PRODUCT), Schedule.inTurn(), 64, 64, 88))
                .containsExactly(expected(64, 64, 88));
    }

    @Test
    void a_pipeline_of_two_roles_computes_the_same_in_any_order_of_warps() {
        Planted planted = Planted.text("hopper", HopperKernels.PIPELINE);
        assertThat(pipeline(planted, Schedule.inTurn(), 128, 64, 320)).containsExactly(expected(128, 64, 320));
        for (int seed = 0; seed < 10; seed++) {
            assertThat(pipeline(planted, Schedule.random(seed), 64, 64, 320)).containsExactly(expected(64, 64, 320));
        }
    }

    @Test
    void without_a_look_at_races_the_result_is_the_same() {
        Planted planted = Planted.text("hopper", HopperKernels.PIPELINE);
        try (Simulator gpu = planted.gpu(Options.defaults().withCapability(90).unwatched())) {
            assertThat(launch(gpu, 64, 64, 192)).containsExactly(expected(64, 64, 192));
        }
    }

    @Test
    void traffic_of_the_copy_engine_is_counted() {
        try (Simulator gpu = Planted.text("hopper", HopperKernels.PIPELINE)
                .gpu(Options.defaults().withCapability(90))) {
            launch(gpu, 64, 64, 128);
            assertThat(gpu.counters("pipeline").traffic().globalSectors())
                    .isEqualTo((2 * 64 * 128 * 2 + 64 * 64 * 4) / 32);
        }
    }

    static float[] pipeline(Planted planted, Schedule schedule, int m, int n, int k) {
        try (Simulator gpu = planted.gpu(Options.defaults().withCapability(90).with(schedule))) {
            return launch(gpu, m, n, k);
        }
    }

    static float[] launch(Gpu gpu, int m, int n, int k) {
        long a = upload(gpu, values(m * k, 1));
        long b = upload(gpu, values(n * k, 2));
        long y = gpu.allocate(4L * m * n);
        TensorMap mapY = new TensorMap(y, DType.F32, List.of((long) n, (long) m), List.of(4L * n), List.of(64, 64), 0);
        Grid grid = new Grid(m / 64, n / 64, 1, 256, 49152 + 32);
        gpu.launch(PIPELINE, grid, map(a, m, k), map(b, n, k), mapY, Math.ceilDiv(k, 64));
        float[] out = new float[m * n];
        gpu.download(y, MemorySegment.ofArray(out));
        return out;
    }

    static float[] run(Planted planted, Schedule schedule, int m, int n, int k) {
        try (Simulator gpu = planted.gpu(Options.defaults().withCapability(90).with(schedule))) {
            long a = upload(gpu, values(m * k, 1));
            long b = upload(gpu, values(n * k, 2));
            long y = gpu.allocate(4L * m * n);
            gpu.launch(
                    PRODUCT,
                    new Grid(m / 64, n / 64, 1, 128, 16384 + 8),
                    map(a, m, k),
                    map(b, n, k),
                    y,
                    Math.ceilDiv(k, 64));
            float[] out = new float[m * n];
            gpu.download(y, MemorySegment.ofArray(out));
            return out;
        }
    }

    private static TensorMap map(long address, int rows, int columns) {
        return new TensorMap(
                address, DType.BF16, List.of((long) columns, (long) rows), List.of(2L * columns), List.of(64, 64), 128);
    }

    private static long upload(Gpu gpu, float[] values) {
        short[] bits = new short[values.length];
        for (int i = 0; i < bits.length; i++) bits[i] = (short) (Float.floatToRawIntBits(values[i]) >>> 16);
        long address = gpu.allocate(2L * bits.length);
        gpu.upload(MemorySegment.ofArray(bits), address);
        return address;
    }

    private static float[] values(int count, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = random.nextInt(-8, 9);
        return values;
    }

    private static float[] expected(int m, int n, int k) {
        float[] a = values(m * k, 1);
        float[] b = values(n * k, 2);
        float[] y = new float[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = 0;
                for (int x = 0; x < k; x++) sum += a[i * k + x] * b[j * k + x];
                y[i * n + j] = sum;
            }
        }
        return y;
    }
}
