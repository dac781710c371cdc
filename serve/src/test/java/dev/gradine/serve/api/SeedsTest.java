package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// What texts draw from.
class SeedsTest {

    @Test
    void the_first_text_draws_as_generate_does() {
        SplittableRandom generate = new SplittableRandom(42);
        RandomGenerator served = Seeds.draws(42, 0, 3).getFirst();
        for (int i = 0; i < 10; i++) assertThat(served.nextDouble()).isEqualTo(generate.nextDouble());
    }

    @Test
    void a_text_draws_the_same_whatever_stands_beside_it() {
        long[] alone = {
            Seeds.draws(7, 2, 1).getFirst().nextLong(),
            Seeds.draws(7, 3, 1).getFirst().nextLong()
        };
        List<RandomGenerator> together = Seeds.draws(7, 0, 4);
        assertThat(new long[] {together.get(2).nextLong(), together.get(3).nextLong()})
                .isEqualTo(alone);
    }

    /// SplittableRandom moves on by an odd constant: seeds that differ by a multiple of it would give one
    /// sequence, shifted.
    @Test
    void texts_and_neighbouring_seeds_have_no_draws_in_common() {
        Set<Long> drawn = new HashSet<>();
        for (long seed = 0; seed < 20; seed++) {
            for (RandomGenerator g : Seeds.draws(seed, 0, 8)) for (int i = 0; i < 50; i++) drawn.add(g.nextLong());
        }
        assertThat(drawn).hasSize(20 * 8 * 50);
    }
}
