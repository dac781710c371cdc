package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.RopeAngles;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which of the rotary keys counts, as transformers 5 has it, and the whole message for each that cannot be used.
class RopeConfigTest {

    private static final int D = 8;
    private static final String KNOWN =
            "expected \"default\", \"linear\", \"dynamic\", \"llama3\", \"longrope\", \"proportional\" or \"yarn\"";

    private static Map<String, Object> map(@Nullable Object... pairs) {
        Map<String, Object> m = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) m.put(String.valueOf(pairs[i]), pairs[i + 1]);
        return m;
    }

    /// Angles at position 1; none is beyond π.
    private static double[] omega(RopeFrequencies f) {
        try (Kernels k = CpuKernels.open()) {
            RopeAngles t = f.rotary().angles(k, 1, 1, false);
            float[] cos = k.download(t.cos());
            float[] sin = k.download(t.sin());
            return IntStream.range(0, cos.length)
                    .mapToDouble(i -> Math.atan2(sin[i], cos[i]))
                    .toArray();
        }
    }

    private static double[] expected(double theta, double... divisors) {
        return IntStream.range(0, D / 2)
                .mapToDouble(i -> Math.pow(theta, -2.0 * i / D) / divisors[i % divisors.length])
                .toArray();
    }

    private static void assertOmega(Map<String, Object> config, double[] expected) {
        assertThat(omega(RopeConfig.of(new ModelConfig(config), D))).containsExactly(expected, Offset.offset(1e-6));
    }

    private static void assertRefused(Map<String, Object> config, String message) {
        assertThatThrownBy(() -> RopeConfig.of(new ModelConfig(config), D))
                .isInstanceOf(ConfigException.class)
                .hasMessage(message);
    }

    @Test
    void rope_scaling_counts_where_both_are_there() {
        Map<String, Object> linear = map("type", "linear", "factor", 4);
        assertOmega(
                map("rope_parameters", map("rope_theta", 10_000, "rope_type", "default"), "rope_scaling", linear),
                expected(10_000, 4));
        assertOmega(
                map("rope_parameters", map("rope_type", "linear", "factor", 2), "rope_scaling", null),
                expected(10_000, 2));
        assertOmega(
                map("rope_parameters", map("rope_type", "linear", "factor", 2), "rope_scaling", Map.of()),
                expected(10_000, 2));
    }

    @Test
    void a_base_that_the_two_disagree_about_is_refused() {
        Map<String, Object> linear = map("rope_type", "linear", "factor", 4.0);
        assertRefused(
                map("rope_parameters", map("rope_theta", 500_000.0), "rope_scaling", linear),
                "config: rope_parameters.rope_theta is 500000.0, expected 10000.0, which rope_scaling beside"
                        + " rope_parameters goes by; put all into rope_parameters");
        assertOmega(
                map("rope_parameters", map("rope_theta", 5e5), "rope_scaling", linear, "rope_theta", 5e5),
                expected(5e5, 4));
    }

    @Test
    void the_base_within_the_parameters_comes_first() {
        assertOmega(map("rope_theta", 100, "rope_parameters", map("rope_theta", 5000)), expected(5000, 1));
        assertOmega(map("rope_theta", 100, "rope_scaling", map("rope_type", "linear", "factor", 1)), expected(100, 1));
        assertOmega(map("rope_theta", 100, "rope_parameters", null), expected(100, 1));
    }

    @Test
    void the_newer_name_of_the_type_comes_first() {
        assertOmega(map("rope_scaling", map("rope_type", "linear", "type", "yarn", "factor", 4)), expected(10_000, 4));
    }

    @Test
    void a_factor_without_a_type_is_refused() {
        assertRefused(
                map("rope_scaling", map("factor", 4.0)),
                "config: rope_scaling.factor is 4.0, expected 1 or a rope_type beside it, such as \"linear\":"
                        + " without one it has no effect");
        assertOmega(map("rope_scaling", map("factor", 1.0)), expected(10_000, 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ntk", "klingon"})
    void scalings_that_are_not_computed_are_refused_unless_they_do_nothing(String type) {
        assertRefused(
                map("rope_scaling", map("rope_type", type, "factor", 4.0)),
                "config: rope_scaling.rope_type is \"" + type + "\", " + KNOWN);
        assertRefused(
                map("rope_scaling", map("type", type)), "config: rope_scaling.type is \"" + type + "\", " + KNOWN);
    }

    @Test
    void a_scaling_that_does_nothing_needs_no_rule() {
        assertOmega(map("rope_scaling", map("rope_type", "ntk", "factor", 1.0)), expected(10_000, 1));
        assertRefused(
                map("rope_scaling", map("rope_type", "ntk", "factor", 1.0, "attention_factor", 1.2)),
                "config: rope_scaling.rope_type is \"ntk\", " + KNOWN);
    }

    /// By transformers 5.23.0, `ROPE_INIT_FUNCTIONS["yarn"]`: keys and values, frequencies, scale.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            factor 4 length 64                                   | 1 0.0625 0.0025 0.00025                | 1.1386294
            factor 4 length 64 truncate false                    | 1 0.02559525 0.0025 0.00025            | 1.1386294
            factor 4 length 64 mscale 2                          | 1 0.0625 0.0025 0.00025                | 1.1386294
            factor 40 length 4096 mscale 1 mscale_all_dim 0.7    | 1 0.1 0.005125 0.000025                | 1.0879546
            factor 1 length 64                                   | 1 0.1 0.01 0.001                       | 1
            factor 0.5 length 64                                 | 1 0.15 0.02 0.002                      | 1
            factor 8 length 4096 theta 500000 beta_fast 16 beta_slow 2 attention_factor 1.25 \
                | 1 0.03760603 0.000176776681 0.00000664786967 | 1.25
            """)
    void yarn_is_that_of_transformers(String keys, String frequencies, double scale) {
        Map<String, Object> p = map("rope_type", "yarn");
        String[] words = keys.strip().split(" +", -1);
        for (int i = 0; i < words.length; i += 2) {
            String key = words[i].replace("length", "original_max_position_embeddings")
                    .replace("theta", "rope_theta");
            p.put(key, words[i].equals("truncate") ? (Object) false : Double.valueOf(words[i + 1]));
        }
        double[] expected = Arrays.stream(frequencies.strip().split(" +", -1))
                .mapToDouble(Double::parseDouble)
                .toArray();
        RopeFrequencies f = RopeConfig.of(new ModelConfig(map("rope_parameters", p)), D);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) f.omega()[i]).isCloseTo(expected[i], Offset.offset(1e-6 * expected[i]));
        }
        try (Kernels k = CpuKernels.open()) {
            RopeAngles t = f.rotary().angles(k, 7, 1, false);
            float[] cos = k.download(t.cos());
            float[] sin = k.download(t.sin());
            for (int i = 0; i < cos.length; i++) {
                assertThat(Math.hypot(cos[i], sin[i])).isCloseTo(scale, Offset.offset(1e-6));
            }
        }
    }

    @Test
    void a_yarn_without_a_factor_takes_that_of_the_lengths_if_it_says_null() {
        Map<String, Object> p = map("rope_type", "yarn", "factor", null, "original_max_position_embeddings", 64);
        assertOmega(
                map("rope_parameters", p, "max_position_embeddings", 256), new double[] {1, 0.0625, 0.0025, 0.00025});
        p.remove("factor");
        assertRefused(
                map("rope_parameters", p), "config: rope_parameters.factor is missing, expected a number above 0");
    }

    /// Frequencies change beyond `max_position_embeddings` alone.
    @Test
    void dynamic_is_plain_within_the_positions_of_the_model() {
        assertOmega(map("rope_scaling", map("type", "dynamic", "factor", 4.0)), expected(10_000, 1));
        assertRefused(
                map("rope_scaling", map("type", "dynamic")),
                "config: rope_scaling.factor is missing, expected a number above 0");
    }

    /// θ 10000, D 8: ω = 1, 0.1, 0.01, 0.001. In L tokens a wave turns ω L / 2π times.
    @Test
    void the_original_length_is_taken_from_the_top_then_the_parameters_then_the_positions() {
        Map<String, Object> p = map("rope_type", "llama3", "factor", 8, "low_freq_factor", 1, "high_freq_factor", 4);
        double few = 64 / (2 * Math.PI); // in 64 tokens: 10.2, 1.02, 0.1, 0.01
        double t = (0.1 * few - 1) / 3;
        double[] in64 = expected(10_000, 1, 1 / ((1 - t) / 8 + t), 8, 8);
        assertOmega(map("rope_scaling", p, "max_position_embeddings", 64), in64);
        Map<String, Object> within = new LinkedHashMap<>(p);
        within.put("original_max_position_embeddings", 64);
        assertOmega(map("rope_scaling", within, "max_position_embeddings", 100_000), in64);
        within.put("original_max_position_embeddings", 7);
        assertOmega(map("rope_scaling", within, "original_max_position_embeddings", 64), in64);
    }

    /// Frequencies and scale by transformers 5.23.0, `ROPE_INIT_FUNCTIONS["longrope"]`.
    @Test
    void longrope_has_factors_of_short_and_of_long_texts() {
        List<Number> few = List.of(1, 1.5, 3, 8.0);
        List<Number> many = List.of(1, 2, 5, 9.0);
        Map<String, Object> p = map("rope_type", "longrope", "short_factor", few, "long_factor", many);
        Map<String, Object> config = map("rope_scaling", p, "max_position_embeddings", 64);
        p.put("original_max_position_embeddings", 16);
        Rotary rotary = RopeConfig.of(new ModelConfig(config), D).rotary();
        try (Kernels k = CpuKernels.open()) {
            RopeAngles both = rotary.angles(k, 1, 1, true);
            float[] cos = k.download(both.cos());
            float[] sin = k.download(both.sin());
            double[] expected = DoubleStream.concat(
                            Arrays.stream(expected(10_000, 1, 1.5, 3, 8)), Arrays.stream(expected(10_000, 1, 2, 5, 9)))
                    .toArray();
            for (int i = 0; i < cos.length; i++) {
                assertThat(Math.atan2(sin[i], cos[i])).isCloseTo(expected[i], Offset.offset(1e-6));
                assertThat(Math.hypot(sin[i], cos[i])).isCloseTo(Math.sqrt(1.5), Offset.offset(1e-6));
            }
        }
        p.put("long_factor", List.of(1, 2));
        assertRefused(config, "config: rope_scaling.long_factor is [1, 2], expected a list of 4 numbers above 0");
    }

    @Test
    void a_yarn_with_factors_of_lengths_is_a_longrope() {
        List<Number> f = List.of(1, 1.5, 3, 8.0);
        Map<String, Object> p = map("type", "yarn", "short_factor", f, "long_factor", f, "factor", 1.0);
        assertOmega(map("rope_scaling", p), expected(10_000, 1, 1.5, 3, 8));
    }

    @Test
    void a_part_of_the_head_turns_by_frequencies_of_its_own_width() {
        assertThat(omega(RopeConfig.of(new ModelConfig(map("partial_rotary_factor", 0.5)), D)))
                .containsExactly(new double[] {1, 0.01}, Offset.offset(1e-6));
        assertThat(omega(RopeConfig.of(new ModelConfig(map("rope_parameters", map("partial_rotary_factor", 0.5))), D)))
                .containsExactly(new double[] {1, 0.01}, Offset.offset(1e-6));
        assertThat(omega(RopeConfig.of(new ModelConfig(map("rotary_pct", 0.25, "rotary_emb_base", 100)), D)))
                .containsExactly(new double[] {1}, Offset.offset(1e-6));
        Map<String, Object> p = map("rope_type", "proportional", "partial_rotary_factor", 0.25);
        assertOmega(map("rope_parameters", p), new double[] {1, 0, 0, 0});
        assertRefused(
                map("partial_rotary_factor", 0.4),
                "config: partial_rotary_factor is 0.4, expected a share of the 8 channels that is an even number");
        assertRefused(map("partial_rotary_factor", 1.5), "config: partial_rotary_factor is 1.5, expected at most 1");
    }

    @Test
    void llama3_needs_two_frequencies_apart() {
        Map<String, Object> p = map("rope_type", "llama3", "factor", 8, "low_freq_factor", 4, "high_freq_factor", 4);
        assertRefused(
                map("rope_scaling", p),
                "config: rope_scaling.high_freq_factor is 4, expected a number above low_freq_factor 4.0");
    }

    private static void assertKind(Map<String, Object> config, String kind, double[] expected) {
        String key = kind.equals("full_attention") ? "rope_theta" : "rope_local_base_freq";
        RopeFrequencies f = RopeConfig.of(new ModelConfig(config), kind, key, 777, D);
        assertThat(omega(f)).containsExactly(expected, Offset.offset(1e-6));
    }

    @Test
    void kinds_of_layers_have_their_own_parameters() {
        Map<String, Object> older =
                map("rope_theta", 1e6, "rope_local_base_freq", 1e4, "rope_scaling", map("type", "linear", "factor", 8));
        assertKind(older, "full_attention", expected(1e6, 8));
        assertKind(older, "sliding_attention", expected(1e4, 1));
        Map<String, Object> newer = map(
                "rope_parameters",
                map(
                        "full_attention",
                        map("rope_type", "linear", "factor", 8, "rope_theta", 1e6),
                        "sliding_attention",
                        map("rope_type", "default", "rope_theta", 1e4)));
        assertKind(newer, "full_attention", expected(1e6, 8));
        assertKind(newer, "sliding_attention", expected(1e4, 1));
        newer.put("rope_scaling", map("rope_type", "linear", "factor", 2));
        assertKind(newer, "full_attention", expected(1e6, 2));
        assertKind(newer, "sliding_attention", expected(1e4, 1));
        assertKind(map(), "sliding_attention", expected(777, 1));
    }
}
