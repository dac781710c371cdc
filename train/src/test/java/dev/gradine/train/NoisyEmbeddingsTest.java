package dev.gradine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The noise alone: the table is all zeros. Two sequences, of which the longer has 50 tokens.
class NoisyEmbeddingsTest {

    private static final int WIDTH = 64;
    private static final float ALPHA = 5;

    private final Kernels run = CpuKernels.open();
    private final Embedding embedding = new Embedding(
            "embed", new Weight("embed.weight", Param.frozen("embed.weight", run.zeros(Shape.of(3, WIDTH)))));

    @AfterEach
    void close() {
        run.close();
    }

    private float[] read(long seed) {
        Pass pass = Pass.of(Tape.noGrad(run), TokenBatch.of(List.of(new int[50], new int[7])));
        Pass noisy = pass.training(seed).with(new NoisyEmbeddings(Adapters.NONE, ALPHA));
        return run.download(embedding.forward(noisy.tape(), noisy).value());
    }

    @Test
    void it_is_uniform_up_to_alpha_over_the_root_of_length_times_width() {
        double bound = ALPHA / Math.sqrt(50 * WIDTH);
        float[] noise = read(1);
        double sum = 0;
        double squares = 0;
        for (float u : noise) {
            assertThat((double) Math.abs(u)).isLessThanOrEqualTo(bound);
            sum += u / bound;
            squares += (u / bound) * (u / bound);
        }
        assertThat(sum / noise.length).isCloseTo(0, within(0.03)); // 3 deviations of the mean of 3,648 draws
        assertThat(squares / noise.length).isCloseTo(1.0 / 3, within(0.02));
    }

    @Test
    void it_follows_from_the_seed() {
        assertThat(read(1)).isEqualTo(read(1));
        assertThat(Arrays.equals(read(1), read(2))).isFalse();
    }

    @Test
    void what_reads_the_embedding_is_no_longer_common_to_all() {
        assertThat(new NoisyEmbeddings(Adapters.NONE, ALPHA).touches(embedding)).isTrue();
        assertThat(Adapters.NONE.touches(embedding)).isFalse();
    }
}
