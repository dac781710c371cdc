package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradine.cuda.driver.Driver;
import dev.gradine.cuda.kernels.device.SimDevice;
import dev.gradine.io.Safetensors;
import dev.gradine.io.TensorSource;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DeviceOptions;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuDevice;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A device that is asked for is used or refused; only `auto` chooses, and says what.
class DeviceOptionTest {

    @TempDir
    private Path temp = Path.of("");

    private Cli score(String device) {
        Path ids = temp.resolve("ids.safetensors");
        Path model = TinyModel.write(temp.resolve("model-" + device));
        try (Arena arena = Arena.ofConfined()) {
            Tensor rows = Tensor.of(arena, Shape.of(1, 3), 1, 2, 3);
            Safetensors.write(ids, Safetensors.METADATA, List.of(TensorSource.of("input_ids", rows)));
        }
        return Cli.run(
                "score", "--model", model, "--ids", ids, "--out", temp.resolve("out-" + device), "--device", device);
    }

    @Test
    void cuda_without_a_gpu_is_an_error_and_no_fallback() {
        assumeTrue(!Driver.whyMissing().isEmpty(), "there is a GPU here");
        score("cuda").refuses(Driver.whyMissing());
        assertThat(temp.resolve("out-cuda")).doesNotExist();
    }

    @Test
    void auto_says_what_it_chose_and_why_not_the_other() {
        assumeTrue(!Driver.whyMissing().isEmpty(), "there is a GPU here");
        assertThat(score("auto").ok().err()).isEqualTo("gradine: device cpu (" + Driver.whyMissing() + ")\n");
        assertThat(score("cpu").ok().err()).isEmpty();
        assertThat(temp.resolve("out-auto")).hasSameBinaryContentAs(temp.resolve("out-cpu"));
    }

    @Test
    void a_device_nobody_has_is_refused() {
        score("tpu").refuses("--device: \"tpu\", expected auto, cpu, cuda, sim");
    }

    @Test
    void bf16_is_not_for_the_cpu() {
        Path model = TinyModel.write(temp.resolve("model"));
        Cli.run("generate", "--model", model, "--prompt", "a", "--dtype", "bf16")
                .refuses("cpu: data type is BF16, expected F32 (BF16 is for cuda and sim)");
        Cli.run("generate", "--model", model, "--prompt", "a", "--dtype", "f16")
                .refuses("--dtype: \"f16\", expected f32 or bf16");
    }

    @Test
    void cublas_is_for_a_gpu_alone() {
        Path model = TinyModel.write(temp.resolve("model"));
        for (String device : List.of("cpu", "sim")) {
            Cli.run("generate", "--model", model, "--prompt", "a", "--gemm", "cublas", "--device", device)
                    .refuses(device + ": gemm is cublas, expected own (cublas is for cuda)");
        }
        Cli.run("generate", "--model", model, "--prompt", "a", "--gemm", "mkl")
                .refuses("--gemm: \"mkl\", expected own or cublas");
    }

    @Test
    void a_device_is_typed_with_the_options_it_has() {
        assertThat(DeviceArgs.typed(new CpuDevice())).isEmpty();
        assertThat(DeviceArgs.typed(new SimDevice())).containsExactly("--device", "sim");
        assertThat(DeviceArgs.typed(new SimDevice().with(new DeviceOptions(DType.BF16, true, true))))
                .containsExactly("--device", "sim", "--dtype", "bf16", "--gemm", "cublas", "--cuda-graphs");
    }

    @Test
    void the_simulator_computes_what_the_cpu_does() {
        float[] cpu = Values.floats(scored("cpu"), "logits");
        Teeth.bite(
                Values.floats(scored("sim"), "logits"),
                got -> Tolerance.logits().check("sim", got, Values.doubles(cpu)));
    }

    private Path scored(String device) {
        score(device).ok();
        return temp.resolve("out-" + device);
    }
}
