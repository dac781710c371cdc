package dev.gradine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.Test;

/// What a device cannot do is refused.
class DeviceOptionsTest {

    private static final DeviceOptions PLAIN = DeviceOptions.defaults();

    @Test
    void the_cpu_has_neither_graphs_nor_another_gemm_nor_bf16() {
        refuses(
                new DeviceOptions(DType.F32, true, false),
                "cpu: graphs are asked for, expected none (--cuda-graphs is for cuda and sim)");
        refuses(new DeviceOptions(DType.F32, false, true), "cpu: gemm is cublas, expected own (cublas is for cuda)");
        refuses(PLAIN.with(DType.BF16), "cpu: data type is BF16, expected F32 (BF16 is for cuda and sim)");
    }

    @Test
    void a_device_keeps_the_options_it_was_given() {
        Device asked = new CpuDevice().with(new DeviceOptions(DType.F32, true, false));
        assertThatThrownBy(asked::open).hasMessageContaining("graphs are asked for");
        try (Kernels run = asked.open(PLAIN)) {
            assertThat(run.dataType()).isEqualTo(DType.F32);
        }
    }

    private static void refuses(DeviceOptions options, String message) {
        assertThatThrownBy(() -> new CpuDevice().open(options))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
