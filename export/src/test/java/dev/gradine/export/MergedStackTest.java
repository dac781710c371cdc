package dev.gradine.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Tape;
import dev.gradine.io.Safetensors;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Experts that a checkpoint holds in one tensor, the other way round: gpt-oss, with an adapter of PEFT's on them.
class MergedStackTest {

    @TempDir
    private Path temp = Path.of("");

    @Test
    void a_merged_model_gives_what_the_adapter_gives() {
        Path base = Golden.golden("models/gpt-oss");
        Path lora = base.resolve("lora");
        Path out = temp.resolve("merged");
        try (Arena arena = Arena.ofConfined();
                Kernels run = CpuKernels.open()) {
            try (OpenModel m = Models.open(base, run)) {
                MergedModel.write(m, AdapterFolder.load(lora.resolve("adapter"), m.model(), run), out);
            }
            Safetensors expected = Safetensors.open(lora.resolve("expected.safetensors"), arena);
            Safetensors before = Safetensors.open(base.resolve("model.safetensors"), arena);
            Safetensors after = Safetensors.open(out.resolve("model.safetensors"), arena);
            assertThat(after.names()).containsExactlyInAnyOrderElementsOf(before.names());
            double[] golden = Cases.doubles(run.download(run.fromHost(expected.tensor("logits"))));
            try (OpenModel merged = Models.open(out, run)) {
                float[] logits = logits(merged, expected.tensor("input_ids"), run);
                Teeth.bite(logits, l -> Tolerance.logits().check("merged", l, golden));
            }
        }
    }

    private static float[] logits(OpenModel m, Tensor ids, Kernels run) {
        int width = ids.shape().last();
        int[] all = Arrays.stream(ids.data().toArray(ValueLayout.JAVA_LONG_UNALIGNED))
                .mapToInt(Math::toIntExact)
                .toArray();
        List<int[]> rows = List.of(Arrays.copyOf(all, width), Arrays.copyOfRange(all, width, 2 * width));
        try (Kernels k = run.openStep()) {
            TokenBatch batch = TokenBatch.of(rows);
            return k.download(Policy.of(m.model()).logits(Tape.noGrad(k), batch).value());
        }
    }
}
