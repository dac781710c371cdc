package dev.gradine.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.Json;
import dev.gradine.merge.MergeRule.Given;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Rules against what mergekit computes of a base and three models, one tensor of 6 rows and 20 columns.
class MergeRuleTest {

    private static final int ROWS = 6;
    private static final Tolerance ROUNDED = new Tolerance(3e-6, 1e-5, "six digits after the point, f32");

    @TempDir
    Path folder;

    private Map<String, Object> golden = Map.of();

    @BeforeEach
    void read() throws IOException {
        Path file = folder.resolve("mergekit.json");
        try (InputStream in = MergeRuleTest.class.getResourceAsStream("mergekit.json")) {
            if (in == null) throw new AssertionError("no mergekit.json");
            Files.write(file, in.readAllBytes());
        }
        golden = Json.readObject(file);
    }

    private double[] golden(String name) {
        if (!(golden.get(name) instanceof List<?> values)) throw new AssertionError("golden: no " + name);
        return values.stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray();
    }

    private float[] values(String name) {
        double[] all = golden(name);
        float[] some = new float[all.length];
        for (int i = 0; i < all.length; i++) some[i] = (float) all[i];
        return some;
    }

    private Given given(String name, Map<String, Double> knobs) {
        return new Given(name, values(name), k -> knobs.getOrDefault(k, Double.NaN));
    }

    private static Given global(Map<String, Double> knobs) {
        return new Given("merge", new float[0], k -> knobs.getOrDefault(k, Double.NaN));
    }

    private MergeRule.Task task(boolean base, List<Double> weights, List<Double> densities, Map<String, Double> all) {
        List<Given> others = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Map<String, Double> knobs = new HashMap<>(Map.of("weight", weights.get(i), "density", densities.get(i)));
            knobs.put("gamma", 0.05);
            others.add(given(List.of("x", "y", "z").get(i), knobs));
        }
        List<Given> bases = base ? List.of(given("base", Map.of())) : List.of();
        return new MergeRule.Task("w", ROWS, bases, others, global(all), 1);
    }

    static Stream<Arguments> cases() {
        List<Double> w = List.of(1.0, 0.5, 0.7);
        List<Double> d = List.of(0.5, 0.3, 0.8);
        List<Double> full = List.of(1.0, 1.0, 1.0);
        return Stream.of(
                Arguments.of("linear", "linear", false, w, full, Map.of()),
                Arguments.of(
                        "task_arithmetic",
                        "task_arithmetic",
                        true,
                        List.of(0.5, 0.3, -0.2),
                        full,
                        Map.of("lambda", 0.7)),
                Arguments.of("ties", "ties", true, w, d, Map.of()),
                Arguments.of("ties", "ties_plain", true, w, d, Map.of("normalize", 0.0)),
                Arguments.of("ties", "ties_rescaled", true, w, d, Map.of("rescale", 1.0)),
                Arguments.of("breadcrumbs", "breadcrumbs", true, w, d, Map.of()),
                Arguments.of("breadcrumbs_ties", "breadcrumbs_ties", true, w, d, Map.of()),
                Arguments.of("multislerp", "multislerp", false, List.of(1.0, 2.0, 0.5), full, Map.of()),
                Arguments.of("multislerp", "multislerp_base", true, List.of(1.0, 2.0, 0.5), full, Map.of()),
                Arguments.of("model_stock", "model_stock_0", true, w, full, Map.of()),
                Arguments.of("model_stock", "model_stock_1", true, w, full, Map.of("filter_wise", 1.0)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void a_rule_computes_what_mergekit_does(
            String rule,
            String name,
            boolean base,
            List<Double> weights,
            List<Double> densities,
            Map<String, Double> knobs) {
        float[] y = MergeRule.named(rule).merge(task(base, weights, densities, knobs));
        Teeth.bite(y, got -> ROUNDED.check(name, got, golden(name)));
    }

    @Test
    void slerp_goes_from_the_base_to_the_other() {
        var task = new MergeRule.Task(
                "w", ROWS, List.of(given("x", Map.of())), List.of(given("y", Map.of())), global(Map.of("t", 0.3)), 1);
        Teeth.bite(new Slerp().merge(task), got -> ROUNDED.check("slerp", got, golden("slerp")));
    }

    @Test
    void opposite_tensors_are_interpolated_in_a_straight_line() {
        Given a = new Given("a", new float[] {1, 2}, k -> Double.NaN);
        Given b = new Given("b", new float[] {-2, -4}, k -> Double.NaN);
        var task = new MergeRule.Task("w", 1, List.of(a), List.of(b), global(Map.of("t", 0.25)), 1);
        assertThat(new Slerp().merge(task)).containsExactly(0.25f, 0.5f);
    }

    /// What is dropped by chance is made up for: the sum of magnitudes stays, and each value is kept or not.
    @ParameterizedTest
    @MethodSource("random")
    void a_random_rule_keeps_its_share_and_the_sum_of_magnitudes(String rule) {
        int n = 20_000;
        float[] change = new float[n];
        for (int i = 0; i < n; i++) change[i] = (i % 7 - 3) * 0.1f + 0.01f;
        Given base = new Given("base", new float[n], k -> Double.NaN);
        Given one = new Given("x", change, k -> switch (k) {
            case "weight" -> 1;
            case "density" -> 0.4;
            default -> Double.NaN;
        });
        float[] y = MergeRule.named(rule)
                .merge(new MergeRule.Task("w", 100, List.of(base), List.of(one), global(Map.of()), 5));
        int kept = 0;
        double before = 0;
        double after = 0;
        for (int i = 0; i < n; i++) {
            if (y[i] != 0) kept++;
            before += Math.abs(change[i]);
            after += Math.abs(y[i]);
        }
        assertThat(kept / (double) n).isBetween(0.38, 0.42);
        assertThat(after / before).isBetween(0.999, 1.001);
    }

    static Stream<String> random() {
        return Stream.of("dare_linear", "dare_ties", "della_linear", "della");
    }

    @Test
    void della_keeps_large_values_more_often_than_small_ones() {
        int n = 10_000;
        float[] change = new float[n];
        for (int i = 0; i < n; i++) change[i] = i + 1;
        var settings = new Sparse.Settings(1, 0.5, 0, 0.3, 9);
        Sparse.BY_RANK.keep(change, settings, false);
        int small = 0;
        int large = 0;
        for (int i = 0; i < n / 10; i++) {
            if (change[i] != 0) small++;
            if (change[n - 1 - i] != 0) large++;
        }
        assertThat(small).isBetween(150, 310); // 0.2 to 0.26 of 1,000
        assertThat(large).isBetween(690, 850);
    }

    /// mergekit drops the whole change of a tensor with so few values that no outlier is among them.
    @Test
    void breadcrumbs_of_a_small_tensor_keeps_its_share() {
        float[] change = {1, 2, 3, 4};
        Sparse.WITHOUT_OUTLIERS.keep(change, new Sparse.Settings(1, 0.5, 0.01, 0, 1), false);
        assertThat(change).containsExactly(0, 0, 3, 4);
    }

    @Test
    void what_is_missing_is_named() {
        Given one = new Given("x", new float[] {1}, k -> Double.NaN);
        assertThatThrownBy(() -> new LinearMean()
                        .merge(new MergeRule.Task("w", 1, List.of(), List.of(one), global(Map.of()), 1)))
                .isInstanceOf(MergeException.class)
                .hasMessage("x: no weight for w, expected a number under its parameters");
        assertThatThrownBy(() -> MergeRule.named("ties")
                        .merge(new MergeRule.Task("w", 1, List.of(), List.of(one), global(Map.of()), 1)))
                .hasMessage("ties: no base_model, expected one");
        assertThatThrownBy(() -> MergeRule.named("tie"))
                .hasMessageStartingWith("merge_method: \"tie\", expected one of linear, task_arithmetic, ties");
    }
}
