package dev.gradine.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What is held back is what was asked for: graphs change no bit of any result.
class GraphGpuTest {

    /// A device that counts its recordings and may spoil them.
    private static final class Recorder extends ForwardingGpu {
        private int live;
        private int made;
        private boolean deaf; // takes no exchange
        private boolean failing; // fails at the next exchange, half done

        Recorder(Gpu gpu) {
            super(gpu);
        }

        /// Without a look at bounds, steps get the same addresses again, as on a GPU.
        @Override
        public boolean checksBounds() {
            return false;
        }

        @Override
        public Recording record(List<Operation> operations) {
            Recording real = gpu.record(operations);
            live++;
            made++;
            return new Recording() {
                @Override
                public void set(int index, Operation operation) {
                    if (!deaf) real.set(index, operation);
                    if (failing) {
                        failing = false;
                        throw new IllegalStateException("set failed");
                    }
                }

                @Override
                public void launch() {
                    real.launch();
                }

                @Override
                public void close() {
                    live--;
                    real.close();
                }
            };
        }
    }

    /// Work whose scalars, addresses and sizes all change from round to round.
    private static List<float[]> rounds(Gpu gpu, int... sizes) {
        List<float[]> results = new ArrayList<>();
        try (Kernels run = CudaKernels.open(gpu)) {
            for (int i = 0; i < sizes.length; i++) results.add(round(run, sizes[i], i));
        }
        return results;
    }

    private static float[] round(Kernels run, int n, int i) {
        float[] values = new float[n];
        for (int v = 0; v < n; v++) values[v] = v + i;
        try (Kernels step = run.openStep()) {
            Tensor x = step.of(Shape.of(n), values);
            Tensor sum = step.empty(Shape.of(n));
            Tensor y = step.zeros(Shape.of(n));
            step.elementwise().add(x, x, sum);
            step.upload(values, x); // x is read before it and after it
            step.elementwise().scale(sum, 0.5f + i, sum);
            step.elementwise().add(sum, x, y);
            step.copy(y, x);
            step.elementwise().fill(y, i);
            step.elementwise().add(x, y, y);
            return step.download(y);
        }
    }

    private static void requireSame(List<float[]> got, List<float[]> want) {
        assertThat(got).hasSameSizeAs(want);
        for (int i = 0; i < got.size(); i++)
            assertThat(got.get(i)).as("round " + i).containsExactly(want.get(i));
    }

    @Test
    void a_course_of_work_is_a_graph_from_the_second_time_on() {
        int[] sizes = {40, 40, 40, 40, 40};
        GraphGpu gpu = new GraphGpu(new Simulator());
        requireSame(rounds(gpu, sizes), rounds(new Simulator(), sizes));
        GraphCounts c = gpu.counts();
        assertThat(c.recorded()).isEqualTo(1);
        assertThat(c.started()).isEqualTo(4);
        assertThat(c.together()).isEqualTo(4 * c.alone());
        assertThat(c.exchanged()).as("what changes after it was recorded").isBetween(1L, 3 * c.alone());
    }

    @Test
    void other_sizes_and_scalars_are_told_to_the_graph() {
        int[] sizes = {40, 40, 7, 1000, 40};
        Recorder recorder = new Recorder(new Simulator());
        requireSame(rounds(new GraphGpu(recorder), sizes), rounds(new Simulator(), sizes));
        assertThat(recorder.made).isEqualTo(1);
        assertThat(recorder.live).as("closed with the device").isZero();
    }

    @Test
    void a_graph_that_is_not_told_is_noticed() {
        int[] sizes = {40, 40, 40};
        Recorder recorder = new Recorder(new Simulator());
        recorder.deaf = true;
        List<float[]> got = rounds(new GraphGpu(recorder), sizes);
        assertThatThrownBy(() -> requireSame(got, rounds(new Simulator(), sizes)))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void what_did_not_change_is_not_told_again() {
        GraphGpu gpu = new GraphGpu(new Simulator());
        try (Kernels run = CudaKernels.open(gpu)) {
            Tensor x = run.of(Shape.of(8), new float[8]);
            for (int i = 0; i < 4; i++) {
                run.elementwise().fill(x, 3);
                for (int j = 0; j < 3; j++) run.elementwise().scale(x, 0.5f, x);
                run.elementwise().scale(x, i, x);
                assertThat(run.download(x)).containsOnly(0.375f * i);
            }
        }
        assertThat(gpu.counts()).isEqualTo(new GraphCounts(5, 1, 3, 15, 2));
    }

    @Test
    void a_graph_that_failed_is_made_anew() {
        Recorder recorder = new Recorder(new Simulator());
        GraphGpu gpu = new GraphGpu(recorder);
        try (Kernels run = CudaKernels.open(gpu)) {
            float[] want = round(run, 5, 0);
            round(run, 5, 1);
            recorder.failing = true;
            assertThatThrownBy(() -> round(run, 5, 2)).hasMessage("set failed");
            assertThat(round(run, 5, 0)).containsExactly(want);
            assertThat(round(run, 5, 0)).containsExactly(want);
        }
        assertThat(recorder.made).isEqualTo(2);
        assertThat(recorder.live).isZero();
    }

    @Test
    void the_graph_used_longest_ago_gives_way() {
        Recorder recorder = new Recorder(new Simulator());
        GraphGpu gpu = new GraphGpu(recorder, 128, 2);
        try (Kernels run = CudaKernels.open(gpu)) {
            Tensor x = run.of(Shape.of(2), 1, 2);
            for (int length : new int[] {4, 4, 5, 5, 4, 6, 6, 4, 5, 5}) {
                run.upload(new float[] {1, 2}, x);
                for (int i = 0; i < length; i++) run.elementwise().scale(x, 2, x);
                assertThat(run.download(x)).containsExactly(1 << length, 2 << length);
                assertThat(recorder.live).isLessThanOrEqualTo(2);
            }
        }
        assertThat(recorder.made).as("4, 5, 6 and 5 again").isEqualTo(4);
        assertThat(recorder.live).isZero();
    }

    @Test
    void a_long_course_is_started_in_pieces_and_a_short_one_one_by_one() {
        GraphGpu gpu = new GraphGpu(new Simulator(), 10, 100);
        try (Kernels run = CudaKernels.open(gpu)) {
            Tensor x = run.of(Shape.of(1), 1);
            for (int round = 0; round < 3; round++) {
                run.elementwise().fill(x, 1);
                for (int i = 0; i < 22; i++) run.elementwise().scale(x, 2, x);
                assertThat(run.download(x)).containsExactly(1 << 22);
            }
        }
        assertThat(gpu.counts()).isEqualTo(new GraphCounts(10 + 10 + 3 * 3, 2, 4, 40, 0));
    }

    @Test
    void small_uploads_do_not_cut_a_course_and_large_ones_do() {
        List<String> log = new ArrayList<>();
        try (Kernels run = CudaKernels.open(new GraphGpu(logging(log)))) {
            Tensor x = run.of(Shape.of(2), 1, 2);
            Tensor large = run.empty(Shape.of(20_000));
            log.clear();
            run.elementwise().scale(x, 2, x);
            run.upload(new float[] {7, 8}, x);
            run.elementwise().scale(x, 2, x);
            assertThat(log).containsExactly("upload 8");
            run.upload(new float[20_000], large);
            assertThat(log)
                    .containsExactly(
                            "upload 8", "elementwise_scale_f32", "copy", "elementwise_scale_f32", "upload 80000");
            assertThat(run.download(x)).containsExactly(14, 16);
        }
    }

    @Test
    void more_small_uploads_than_there_is_room_for_arrive_all() {
        int count = 60; // of 40 kB, in a megabyte
        Shape shape = Shape.of(10_000);
        try (Kernels run = CudaKernels.open(new GraphGpu(new Simulator(), 10_000, 2))) {
            List<Tensor> all = new ArrayList<>();
            run.zeros(shape);
            for (int i = 0; i < count; i++) {
                float[] values = new float[shape.size()];
                Arrays.fill(values, i);
                all.add(run.of(shape, values));
            }
            for (int i = 0; i < count; i++) assertThat(run.download(all.get(i))).containsOnly(i);
        }
    }

    @Test
    void with_room_for_one_operation_nothing_is_held_back() {
        List<String> log = new ArrayList<>();
        GraphGpu gpu = new GraphGpu(logging(log), 1, 2);
        try (Kernels run = CudaKernels.open(gpu)) {
            Tensor x = run.of(Shape.of(1), 1);
            log.clear();
            for (int i = 0; i < 5; i++) {
                run.elementwise().scale(x, 2, x);
                assertThat(log).hasSize(i + 1);
            }
        }
        assertThat(gpu.counts()).isEqualTo(new GraphCounts(5, 0, 0, 0, 0));
    }

    @Test
    void work_is_started_before_memory_is_freed_and_before_others_use_the_device() {
        List<String> log = new ArrayList<>();
        GraphGpu gpu = new GraphGpu(logging(log));
        long a = gpu.allocate(4);
        gpu.fill(a, (byte) 1, 4);
        gpu.inOrder(() -> log.add("others"));
        gpu.copy(a, a + 2, 2);
        gpu.free(a);
        gpu.fill(a, (byte) 1, 0);
        gpu.synchronize();
        long b = gpu.allocate(4);
        gpu.fill(b, (byte) 1, 4);
        gpu.close();
        assertThat(log).containsExactly("fill", "others", "copy", "fill");
    }

    private static Gpu logging(List<String> log) {
        return new ForwardingGpu(new Simulator()) {
            @Override
            public void launch(Kernel kernel, Grid grid, Object... arguments) {
                log.add(kernel.entry());
                gpu.launch(kernel, grid, arguments);
            }

            @Override
            public void copy(long from, long to, long bytes) {
                log.add("copy");
                gpu.copy(from, to, bytes);
            }

            @Override
            public void fill(long to, byte value, long bytes) {
                log.add("fill");
                gpu.fill(to, value, bytes);
            }

            @Override
            public void upload(MemorySegment from, long to) {
                log.add("upload " + from.byteSize());
                gpu.upload(from, to);
            }
        };
    }
}
