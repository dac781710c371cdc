package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.RopeAngles;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Frequencies and tables against their formulas in double.
class RopeFrequenciesTest {

    private static final int D = 64;

    /// The angles at position 1 are the frequencies: below π, so that the cosine tells them.
    private static void assertFrequencies(RopeFrequencies f, double[] expected) {
        try (Kernels k = CpuKernels.open()) {
            float[] cos = k.download(f.rotary().angles(k, 0, 2, false).cos());
            float[] sin = k.download(f.rotary().angles(k, 0, 2, false).sin());
            float[] omega = new float[D / 2];
            for (int i = 0; i < omega.length; i++) {
                omega[i] = (float) Math.atan2(sin[D / 2 + i], cos[D / 2 + i]);
            }
            Teeth.bite(omega, w -> Tolerance.elementwise(4).check("omega", w, expected));
        }
    }

    private static double[] plain(double theta) {
        return IntStream.range(0, D / 2)
                .mapToDouble(i -> Math.pow(theta, -2.0 * i / D))
                .toArray();
    }

    private static RopeFrequencies of(Map<String, ?> config) {
        return RopeConfig.of(new ModelConfig(config), D);
    }

    @Test
    void without_scaling_they_are_the_papers() {
        assertFrequencies(RopeFrequencies.of(10_000, D), plain(10_000));
        assertFrequencies(of(Map.of("rope_theta", 500_000)), plain(500_000));
        assertFrequencies(of(Map.of()), plain(10_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rope_type", "type"})
    void linear_scaling_divides_all(String key) {
        double[] expected = plain(10_000);
        for (int i = 0; i < expected.length; i++) expected[i] /= 4;
        assertFrequencies(of(Map.of("rope_scaling", Map.of(key, "linear", "factor", 4.0))), expected);
    }

    @Test
    void llama3_scaling_divides_long_waves_and_blends_between() {
        double[] expected = plain(500_000);
        int kept = 0;
        int divided = 0;
        for (int i = 0; i < expected.length; i++) {
            double wavelength = 2 * Math.PI / expected[i];
            double t = (8192 / wavelength - 1) / (4 - 1);
            if (wavelength < 8192 / 4.0) {
                kept++;
            } else if (wavelength > 8192 / 1.0) {
                expected[i] /= 8;
                divided++;
            } else {
                expected[i] = (1 - t) * expected[i] / 8 + t * expected[i];
            }
        }
        assertThat(kept).isBetween(1, 30);
        assertThat(divided).isBetween(1, 30);
        Map<String, Object> p = Map.of(
                "rope_type", "llama3",
                "rope_theta", 500_000.0,
                "factor", 8.0,
                "low_freq_factor", 1.0,
                "high_freq_factor", 4.0,
                "original_max_position_embeddings", 8192);
        assertFrequencies(of(Map.of("rope_parameters", p)), expected);
    }

    @Test
    void tables_hold_cos_and_sin_of_position_times_frequency() {
        try (Kernels k = CpuKernels.open()) {
            RopeAngles t = RopeFrequencies.of(100, 6).rotary().angles(k, 0, 50, false);
            assertThat(t.cos().shape()).isEqualTo(Shape.of(50, 3));
            double[] cos = new double[150];
            double[] sin = new double[150];
            for (int i = 0; i < 150; i++) {
                int position = i / 3;
                double angle = position * (float) Math.pow(100, -(i % 3) / 3.0);
                cos[i] = Math.cos(angle);
                sin[i] = Math.sin(angle);
            }
            Tolerance rounded = Tolerance.elementwise(1, 50); // the angle is rounded to float, up to 49
            Teeth.bite(k.download(t.cos()), c -> rounded.check("cos", c, cos));
            Teeth.bite(k.download(t.sin()), s -> rounded.check("sin", s, sin));
        }
    }
}
