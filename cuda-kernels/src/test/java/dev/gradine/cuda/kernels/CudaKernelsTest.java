package dev.gradine.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.UnsupportedKernelException;
import dev.gradine.tensor.cpu.CpuKernels;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Memory and copies of the device; kernels have tests of their own.
class CudaKernelsTest {

    private final FakeGpu gpu = new FakeGpu(false);

    @Test
    void values_travel_to_the_device_and_back() {
        try (Kernels run = CudaKernels.open(gpu)) {
            assertThat(run.download(run.of(Shape.of(2, 2), 1, -0f, Float.NaN, 4)))
                    .containsExactly(1, -0f, Float.NaN, 4);
            assertThat(run.downloadInts(run.ofInts(3, -1, 7))).containsExactly(3, -1, 7);
            assertThat(run.download(run.zeros(Shape.of(3)))).containsExactly(0, 0, 0);
            assertThat(run.download(run.empty(Shape.of(0)))).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16", "F16", "Q8_0", "Q4_0", "Q4_1"})
    void host_values_of_every_real_type_arrive_exactly(DType type) {
        try (Kernels run = CudaKernels.open(gpu);
                Kernels cpu = CpuKernels.open();
                Arena arena = Arena.ofConfined()) {
            Tensor host = Tensor.zeros(arena, type, Shape.of(2, 32));
            for (long i = 0; i < host.bytes(); i++) {
                host.data().set(java.lang.foreign.ValueLayout.JAVA_BYTE, i, (byte) (i % 2 == 0 ? 3 * i : i % 60));
            }
            Tensor there = run.fromHost(host);
            assertThat(there.dtype()).isEqualTo(type);
            assertThat(run.download(there)).isEqualTo(cpu.download(host));
        }
    }

    @Test
    void a_copy_is_checked() {
        try (Kernels run = CudaKernels.open(gpu)) {
            Tensor to = run.zeros(Shape.of(2));
            run.copy(run.of(Shape.of(2), 3, 4), to);
            assertThat(run.download(to)).containsExactly(3, 4);
            assertThatThrownBy(() -> run.copy(run.zeros(Shape.of(1)), run.empty(DType.I32, Shape.of(1))))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("copy: F32 to I32, expected a real type to F32, F16 or BF16");
            assertThatThrownBy(() -> run.copy(run.zeros(Shape.of(1)), run.zeros(Shape.of(2))))
                    .isInstanceOf(ShapeException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everything_is_given_back(boolean checksBounds) {
        FakeGpu device = new FakeGpu(checksBounds);
        Kernels run = CudaKernels.open(device);
        run.zeros(Shape.of(7));
        int before = device.allocations();
        int after = 0;
        for (int i = 0; i < 3; i++) {
            try (Kernels step = run.openStep()) {
                step.zeros(Shape.of(1000));
                step.release(step.zeros(Shape.of(10)));
            }
            if (i == 0) after = device.allocations();
            assertThat(device.allocations()).isEqualTo(after);
        }
        assertThat(after - before).isEqualTo(checksBounds ? 0 : 1); // one chunk, kept
        run.close();
        assertThat(device.isClosed()).isTrue();
        assertThat(device.allocations()).isZero();
    }

    @Test
    void a_tensor_used_after_its_step_is_an_error() {
        try (Kernels run = CudaKernels.open(gpu)) {
            Kernels step = run.openStep();
            Tensor t = step.zeros(Shape.of(3));
            step.close();
            assertThatThrownBy(() -> run.download(t))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("kernel: F32[3] is used after its lifetime ended");
        }
    }

    @Test
    void memory_nobody_wrote_reads_as_nan_in_tests() {
        try (Kernels run = CudaKernels.open(gpu);
                Kernels step = run.openStep()) {
            assertThat(step.download(step.empty(Shape.of(3)))).containsOnly(Float.NaN);
        }
    }

    @Test
    void a_contract_without_a_kernel_is_named() {
        assertThat(Launchers.missing("no_such"))
                .isInstanceOf(UnsupportedKernelException.class)
                .hasMessage("no_such: no CUDA kernel; run this op on cpu");
    }

    @Test
    void a_recurrence_is_refused_by_its_name() {
        try (Kernels run = CudaKernels.open(gpu)) {
            assertThatThrownBy(run::gatedRecurrence)
                    .isInstanceOf(UnsupportedKernelException.class)
                    .hasMessage("gated_recurrence: no CUDA kernel; run this op on cpu");
        }
    }
}
