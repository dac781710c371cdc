package dev.gradine.lab.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Answers are drawn from all of a policy's distribution, and tell how far it is from another.
class SampledTest {

    private static final SmallLlama SIZE = new SmallLlama(12, 16, 1, 8);
    private static final int[] PROMPT = {3, 1, 4};
    private static final int DRAWS = 2000;

    /// Of the token behind the prompt, by the formula in double.
    private static double[] likelihoods(CausalLm model, Kernels k) {
        float[] all = k.download(Policy.of(model)
                .logits(Tape.noGrad(k), TokenBatch.of(List.of(PROMPT)))
                .value());
        double[] p = new double[12];
        for (int i = 0; i < 12; i++) p[i] = Math.exp(all[2 * 12 + i]);
        double sum = Arrays.stream(p).sum();
        for (int i = 0; i < 12; i++) p[i] /= sum;
        return p;
    }

    @Test
    void divergence_is_that_of_the_two_distributions() {
        try (Kernels k = CpuKernels.open()) {
            CausalLm one = SIZE.random(new SplittableRandom(1), k);
            CausalLm other = SIZE.random(new SplittableRandom(2), k);
            double[] p = likelihoods(one, k);
            double[] q = likelihoods(other, k);
            double kl = 0;
            double square = 0;
            for (int i = 0; i < p.length; i++) {
                kl += p[i] * Math.log(p[i] / q[i]);
                square += p[i] * Math.pow(Math.log(p[i] / q[i]), 2);
            }
            Sampled answers = Sampled.of(
                    Policy.of(one), Collections.nCopies(DRAWS, PROMPT), 1, _ -> false, new SplittableRandom(3), k);
            double deviation = Math.sqrt((square - kl * kl) / DRAWS);
            assertThat(answers.kl(Policy.of(one), Policy.of(other), k)).isCloseTo(kl, within(4 * deviation));
            assertThat(kl).isGreaterThan(8 * deviation); // so that nothing in its place would fail
            assertThat(answers.kl(Policy.of(one), Policy.of(one), k)).isZero();
        }
    }

    @Test
    void the_end_of_an_answer_is_part_of_it_and_not_of_its_length() {
        try (Kernels k = CpuKernels.open()) {
            CausalLm model = SIZE.random(new SplittableRandom(1), k);
            Sampled answers = Sampled.of(
                    Policy.of(model), Collections.nCopies(50, PROMPT), 4, id -> id < 6, new SplittableRandom(3), k);
            for (int i = 0; i < 50; i++) {
                int[] ids = answers.answers().get(i).ids();
                boolean ended = ids[ids.length - 1] < 6;
                assertThat(ids.length).isEqualTo(3 + answers.lengths().get(i) + (ended ? 1 : 0));
                assertThat(answers.answers().get(i).predicted()).isEqualTo(ids.length - 3);
            }
            assertThat(answers.meanLength()).isBetween(0.1, 3.9);
        }
    }
}
