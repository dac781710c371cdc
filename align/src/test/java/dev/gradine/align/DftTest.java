package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.LossMask;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Fine-tuning whose tokens are weighted by their likelihood, which counts as a constant.
class DftTest implements RecipeContract<LabelledTokens> {

    @Override
    public Recipe<LabelledTokens> recipe() {
        return new Sft(LossMask.AUTO, Sft.TokenLoss.DFT, 0, 0, 0, null);
    }

    @Override
    public List<LabelledTokens> examples() {
        return Examples.sequences();
    }

    @Override
    public Set<Promise> promises() {
        return Set.of(Promise.LEARNS_THE_FIRST, Promise.KEEPS_TO_ITSELF);
    }

    @Override
    public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
        return IntStream.range(0, seen.tokens()[0].length)
                .boxed()
                .flatMap(i -> IntStream.range(0, seen.tokens()[0][i].length)
                        .mapToObj(t -> -Math.exp(held.tokens()[0][i][t]) * seen.tokens()[0][i][t]))
                .mapToDouble(Double::doubleValue)
                .toArray();
    }

    @Test
    void loss_is_the_worked_number() {
        var batch = new GivenBatch<>(recipe(), List.of(LabelledTokens.completion(new int[] {1, 2}, 1)));
        try (Kernels k = CpuKernels.open()) {
            float loss = batch.run(k, new float[] {(float) Math.log(0.2)}, new float[0], new float[] {1})
                    .losses()[0];
            assertThat((double) loss).isCloseTo(0.3218875825, within(1e-7));
        }
    }
}
