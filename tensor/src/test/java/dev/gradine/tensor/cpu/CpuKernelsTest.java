package dev.gradine.tensor.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class CpuKernelsTest {

    @Test
    void bytes_in_use_stay_constant_from_the_second_step_on() {
        try (CpuKernels run = CpuKernels.open()) {
            run.zeros(Shape.of(100));
            List<Long> peaks = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                try (Kernels step = run.openStep()) {
                    step.zeros(Shape.of(3_000_000)); // more than one chunk
                    try (Kernels scratch = step.openStep()) {
                        scratch.zeros(Shape.of(70_000));
                        peaks.add(scratch.bytesInUse());
                    }
                    step.zeros(Shape.of(5));
                }
                assertThat(run.bytesInUse()).isEqualTo(400);
            }
            assertThat(peaks.get(1)).isGreaterThan(4L * 3_070_000);
            assertThat(peaks.subList(1, 10)).containsOnly(peaks.get(1));
        }
    }

    @Test
    void a_step_takes_the_memory_the_one_before_gave_back() {
        try (CpuKernels run = CpuKernels.open()) {
            long first;
            try (Kernels step = run.openStep()) {
                first = step.empty(Shape.of(1000)).data().address();
            }
            try (Kernels step = run.openStep()) {
                assertThat(step.empty(Shape.of(1000)).data().address()).isEqualTo(first);
            }
        }
    }

    @Test
    void a_tensor_used_after_its_step_is_an_error_even_when_its_memory_lives_on() {
        try (CpuKernels run = CpuKernels.open()) {
            Kernels step = run.openStep();
            Tensor t = step.zeros(Shape.of(64));
            step.close();
            try (Kernels next = run.openStep()) {
                Tensor other = next.zeros(Shape.of(64));
                assertThat(other.data().address()).isEqualTo(t.data().address());
                assertThatThrownBy(() -> run.download(t)).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> run.elementwise().add(t, other, other))
                        .isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> step.empty(Shape.of(1))).isInstanceOf(IllegalStateException.class);
            }
        }
    }

    @Test
    void a_closed_run_frees_its_tensors() {
        CpuKernels run = CpuKernels.open();
        Tensor t = run.zeros(Shape.of(3));
        run.close();
        assertThatThrownBy(() -> t.data().get(java.lang.foreign.ValueLayout.JAVA_FLOAT, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Already closed");
    }

    @Test
    void inner_lifetimes_leave_the_outer_ones_values_alone() {
        try (CpuKernels run = CpuKernels.open();
                Kernels step = run.openStep()) {
            Tensor outer = step.of(Shape.of(3), 1, 2, 3);
            try (Kernels scratch = step.openStep()) {
                scratch.zeros(Shape.of(1000));
                scratch.release(outer); // another lifetime's: stays
                scratch.zeros(Shape.of(3));
            }
            step.zeros(Shape.of(1000));
            assertThat(step.download(outer)).containsExactly(1, 2, 3);
        }
    }

    @Test
    void released_memory_serves_the_next_of_its_size() {
        try (CpuKernels run = CpuKernels.open();
                Kernels step = run.openStep()) {
            Tensor a = step.zeros(Shape.of(100));
            long address = a.data().address();
            long used = step.bytesInUse();
            step.release(a);
            Tensor b = step.zeros(Shape.of(10, 10));
            assertThat(b.data().address()).isEqualTo(address);
            assertThat(step.bytesInUse()).isEqualTo(used);
            assertThat(step.zeros(Shape.of(100)).data().address())
                    .isNotEqualTo(b.data().address());
        }
    }

    @Test
    void empty_memory_is_nan_in_tests() {
        try (CpuKernels run = CpuKernels.open();
                Kernels step = run.openStep()) {
            step.zeros(Shape.of(50));
            for (float v : step.download(step.empty(Shape.of(50))))
                assertThat(v).isNaN();
            for (float v : step.download(step.empty(DType.BF16, Shape.of(50))))
                assertThat(v).isNaN();
            Tensor released = step.zeros(Shape.of(7));
            MemorySegment memory = released.data();
            step.release(released);
            assertThat(memory.toArray(JAVA_FLOAT)).containsOnly(Float.NaN);
        }
    }

    @Test
    void a_tensor_used_after_its_release_is_an_error() {
        try (CpuKernels run = CpuKernels.open();
                Kernels step = run.openStep()) {
            Tensor t = step.zeros(Shape.of(4, 2));
            Tensor view = t.rows(1, 3);
            step.release(t);
            for (Tensor gone : List.of(t, view)) {
                assertThat(gone.hasData()).isFalse();
                assertThatThrownBy(() -> step.download(gone))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("tensor: F32[4, 2] was released, expected one that still holds its memory");
            }
            assertThatThrownBy(() -> step.release(t)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void a_part_cannot_be_released_alone_but_another_shape_can() {
        try (CpuKernels run = CpuKernels.open();
                Kernels step = run.openStep()) {
            Tensor t = step.zeros(Shape.of(4, 2));
            assertThatThrownBy(() -> step.release(t.rows(1, 3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("release: F32[2, 2] is a part of F32[4, 2], expected a whole tensor");
            step.release(t.reshape(Shape.of(8)));
            assertThat(t.hasData()).isFalse();
        }
    }

    @Test
    void a_run_keeps_what_is_released() {
        try (CpuKernels run = CpuKernels.open()) {
            Tensor t = run.of(Shape.of(2), 1, 2);
            run.release(t);
            assertThat(run.download(t)).containsExactly(1, 2);
        }
    }

    @Test
    void values_travel_to_the_device_and_back() {
        try (CpuKernels run = CpuKernels.open()) {
            float[] x = Cases.wide(1, 1000);
            assertThat(run.download(run.of(Shape.of(10, 100), x))).isEqualTo(x);
            assertThat(run.downloadInts(run.ofInts(3, -1, 7))).containsExactly(3, -1, 7);
        }
    }

    @Test
    void a_copy_converts_between_real_types_of_any_rank() {
        try (CpuKernels run = CpuKernels.open()) {
            float[] x = new float[20_000];
            for (int i = 0; i < x.length; i++) x[i] = (i % 255) * 0.5f - 64; // exact in bf16 and f16
            for (DType narrow : new DType[] {DType.BF16, DType.F16}) {
                Shape shape = Shape.of(4, 5000);
                Tensor small = run.empty(narrow, shape);
                run.copy(run.of(shape, x), small);
                Tensor back = run.empty(shape);
                run.copy(small, back);
                assertThat(run.download(back)).isEqualTo(x);
            }
            Tensor scalar = run.empty(DType.BF16, Shape.SCALAR);
            run.copy(run.of(Shape.SCALAR, 3), scalar);
            assertThat(run.download(scalar)).containsExactly(3);
        }
    }

    @Test
    void wrong_sizes_and_types_are_named() {
        try (CpuKernels run = CpuKernels.open()) {
            Tensor t = run.zeros(Shape.of(3));
            assertThatThrownBy(() -> run.upload(new float[2], t))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("upload: 2 values, expected 3 for F32[3]");
            assertThatThrownBy(() -> run.upload(new int[3], t))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("upload: tensor is F32, expected I32");
            assertThatThrownBy(() -> run.downloadInts(t)).hasMessage("download: tensor is F32, expected I32");
            assertThatThrownBy(() -> run.copy(t, run.zeros(Shape.of(4))))
                    .hasMessage("copy: to is [4], expected [3] (shape of from)");
            assertThatThrownBy(() -> run.copy(t, run.empty(DType.I32, Shape.of(3))))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("copy: F32 to I32, expected a real type to F32, F16 or BF16");
        }
    }

    @Test
    void its_name_says_vectors_and_threads() {
        try (CpuKernels run = CpuKernels.open()) {
            assertThat(run.name()).matches("cpu \\(\\d+-bit vectors, \\d+ threads\\)");
        }
    }

    /// Two gigabytes of which one row is written: the system has to find memory for that row alone.
    @Test
    void large_tensors_are_zeros_that_cost_memory_once_they_are_written() throws IOException {
        Path pages = Path.of("/proc/self/statm");
        Assumptions.assumeTrue(Files.exists(pages), "needs /proc/self/statm, which tells the memory of a process");
        try (CpuKernels k = CpuKernels.open()) {
            long before = resident(pages);
            Tensor t = k.empty(DType.F32, Shape.of(250, 2_000_000));
            assertThat(t.data().address() % Tensor.ALIGNMENT).isZero();
            Tensor row = t.rows(249, 250);
            assertThat(k.download(row)[1_999_999]).isZero();
            k.upload(new float[2_000_000], row);
            assertThat(resident(pages) - before).as("pages of 4 KiB").isLessThan(100_000);
        }
    }

    private static long resident(Path pages) throws IOException {
        return new Scanner(Files.readString(pages)).skip("\\d+ ").nextLong();
    }
}
