package dev.gradine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Against what torch draws from four seeds.
class TorchRandomTest {

    /// Numbers of the file under a seed and a name.
    private static double[] torch(long seed, String name) {
        try {
            String all = Files.readString(Golden.golden("random/expected.json"));
            String ofSeed = all.substring(all.indexOf("\"" + seed + "\": {"));
            Matcher list = Pattern.compile("\"" + Pattern.quote(name) + "\": \\[([^]]*)]")
                    .matcher(ofSeed);
            assertThat(list.find()).isTrue();
            return Arrays.stream(list.group(1).split(","))
                    .mapToDouble(text -> Double.parseDouble(text.strip()))
                    .toArray();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    /// The file has every second one: torch was asked for 64 bits at a time, and the low half of them was kept.
    @ParameterizedTest
    @ValueSource(longs = {0, 7, 777, 123456789})
    void bits_are_torchs(long seed) {
        TorchRandom random = new TorchRandom(seed);
        double[] expected = torch(seed, "raw32");
        double[] all = IntStream.range(0, 2 * expected.length)
                .mapToDouble(_ -> Integer.toUnsignedLong(random.bits()))
                .toArray();
        double[] drawn = IntStream.range(0, expected.length)
                .mapToDouble(i -> all[2 * i + 1])
                .toArray();
        assertThat(drawn).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 7, 777, 123456789})
    void uniform_values_are_torchs_to_the_bit(long seed) {
        double[] unit = torch(seed, "uniform_0_1");
        assertThat(doubles(new TorchRandom(seed).uniform(unit.length, 0, 1))).isEqualTo(unit);
        double[] wider = torch(seed, "uniform_m2_3");
        assertThat(doubles(new TorchRandom(seed).uniform(wider.length, -2, 3))).isEqualTo(wider);
        double[] kaiming = torch(seed, "kaiming_uniform_sqrt5_4x6");
        float bound = (float) (1 / Math.sqrt(6));
        assertThat(doubles(new TorchRandom(seed).uniform(24, -bound, bound))).isEqualTo(kaiming);
    }

    /// The tenth is 0.85 of the way to two units in the last place above 1, and so rounds to the bound.
    @Test
    void what_rounds_to_the_upper_bound_is_the_lower_one() {
        float[] values = new TorchRandom(7).uniform(10, 1, 1 + 0x1p-22f);
        assertThat(values).startsWith(1 + 0x1p-23f, 1, 1 + 0x1p-23f).endsWith(1);
        assertThat(torch(7, "uniform_0_1")[9]).isBetween(0.85, 0.86);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 7, 777, 123456789})
    void uniform_doubles_are_torchs_to_the_bit(long seed) {
        TorchRandom random = new TorchRandom(seed);
        double[] expected = torch(seed, "rand_double");
        assertThat(Arrays.stream(expected).map(_ -> random.uniform()).toArray()).isEqualTo(expected);
        TorchRandom coin = new TorchRandom(seed);
        double[] heads = torch(seed, "bernoulli_0.3");
        assertThat(Arrays.stream(heads).map(_ -> coin.uniform() < 0.3 ? 1 : 0).toArray())
                .isEqualTo(heads);
    }

    /// Twenty are a block of sixteen and the last sixteen drawn anew; fewer than sixteen are made in f64.
    @ParameterizedTest
    @ValueSource(longs = {0, 7, 777, 123456789})
    void normal_values_are_torchs_up_to_rounding(long seed) {
        Tolerance tolerance = Tolerance.elementwise(4, 1); // of torch's own logarithm, sine and cosine
        for (int n : new int[] {5, 16, 20, 48}) {
            double[] expected = torch(seed, "randn_" + n);
            float[] drawn = new TorchRandom(seed).normal(n);
            Teeth.bite(drawn, values -> tolerance.check("normal " + n, values, expected));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 7, 777, 123456789})
    void permutations_are_torchs(long seed) {
        assertThat(drawn(seed, 10, 10)).isEqualTo(torch(seed, "randperm_10"));
        assertThat(drawn(seed, 4096, 20)).isEqualTo(torch(seed, "randperm_4096_head"));
    }

    private static double[] drawn(long seed, long n, int few) {
        return Arrays.stream(new TorchRandom(seed).permutation(n, few))
                .asDoubleStream()
                .toArray();
    }

    /// From 2³² / 20 on torch draws 64 bits a number; made with torch 2.15.0.
    @Test
    void very_long_permutations_are_torchs_on_both_sides_of_the_change() {
        assertThat(new TorchRandom(7).permutation(214748363, 4))
                .containsExactly(112993252, 117420445, 128500308, 81485129);
        assertThat(new TorchRandom(7).permutation(214748364, 4))
                .containsExactly(93268064, 63068233, 165770247, 155513421);
    }

    @Test
    void a_seed_counts_by_its_low_half() {
        assertThat(new TorchRandom(7 + (5L << 32)).bits()).isEqualTo(new TorchRandom(7).bits());
    }

    @Test
    void more_numbers_than_there_are_are_refused() {
        assertThatThrownBy(() -> new TorchRandom(1).permutation(3, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("permutation: first 4 of 3, expected 0 to 3");
    }
}
