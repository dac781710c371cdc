package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What VeRA's adapters start as, what of them lies on disk, and which of them may stand in one model.
class VeraTest {

    private final Kernels run = CpuKernels.open();
    private final Places places = Places.of(run);

    @TempDir
    private Path folder = Path.of("");

    @AfterEach
    void close() {
        run.close();
    }

    private static Vera of(int rank, int key, boolean saves, boolean usual) {
        return new Vera(rank, 0, 0.25f, key, saves, usual ? InitWeights.TRUE : InitWeights.FALSE);
    }

    private AdapterSet fresh(Method method) {
        return AdapterSet.fresh(places, method, Selection.of(".*"), run, new SplittableRandom(1));
    }

    private static Tensor tensor(AdapterSet set, String name) {
        Map<String, Param> all = new LinkedHashMap<>(set.trained());
        all.putAll(set.fixed());
        return Objects.requireNonNull(all.get(name), name).value();
    }

    private float[] value(AdapterSet set, String name) {
        return run.download(tensor(set, name));
    }

    @Test
    void the_references_adapter_of_this_method_is_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("vera");
    }

    @Test
    void projections_are_those_that_torch_draws_from_the_seed() {
        try (GoldenAdapter g = new GoldenAdapter("vera")) {
            AdapterSet stored = g.load();
            AdapterSet drawn =
                    AdapterSet.fresh(g.plain, stored.method(), stored.selection(), g.run, new SplittableRandom(1));
            for (String name : stored.fixed().keySet()) {
                assertThat(g.run.download(tensor(drawn, name))).isEqualTo(g.run.download(tensor(stored, name)));
            }
            assertThat(stored.fixed().keySet()).containsExactly("base_model.vera_A", "base_model.vera_B");
        }
    }

    /// Two places of 18 outputs and 24 inputs share one pair.
    @Test
    void a_fresh_adapter_has_zeros_and_the_initial_value() {
        AdapterSet set = fresh(of(3, 0, true, true));
        assertThat(value(set, "base_model.model.model.layers.0.k_proj.vera_lambda_b"))
                .hasSize(18)
                .containsOnly(0);
        assertThat(value(set, "base_model.model.model.layers.0.k_proj.vera_lambda_d"))
                .hasSize(3)
                .containsOnly(0.25f);
        assertThat(tensor(set, "base_model.vera_A").shape()).isEqualTo(Shape.of(3, 24));
        assertThat(tensor(set, "base_model.vera_B").shape()).isEqualTo(Shape.of(18, 3));
    }

    @Test
    void without_the_usual_start_the_outer_vector_is_ones_and_the_model_another() {
        Vera method = of(3, 0, true, false);
        AdapterSet set = fresh(method);
        assertThat(method.begins()).isEqualTo(Method.Beginning.OTHER);
        assertThat(value(set, "base_model.model.model.layers.0.k_proj.vera_lambda_b"))
                .containsOnly(1);
        assertThat(value(set, "base_model.model.model.layers.0.k_proj.vera_lambda_d"))
                .doesNotHaveDuplicates();
    }

    /// y_o = b_o Σ_r B_or d_r Σ_i A_ri x_i, row by row in double.
    @Test
    void merged_into_zeros_it_is_the_product_of_the_paper() {
        AdapterSet set = fresh(of(3, 0, true, true));
        TinyModel.perturb(set, run);
        Adapter a = set.adapters().firstEntry().getValue();
        float[] b = value(set, "base_model.model.model.layers.0.k_proj.vera_lambda_b");
        float[] d = value(set, "base_model.model.model.layers.0.k_proj.vera_lambda_d");
        float[] down = value(set, "base_model.vera_A");
        float[] up = value(set, "base_model.vera_B");
        double[] expected = new double[18 * 24];
        for (int o = 0; o < 18; o++) {
            for (int i = 0; i < 24; i++) {
                for (int r = 0; r < 3; r++) expected[o * 24 + i] += b[o] * up[o * 3 + r] * d[r] * down[r * 24 + i];
            }
        }
        float[] merged = run.download(a.merged(run.zeros(Shape.of(18, 24)), run));
        Teeth.bite(merged, w -> Tolerance.dot(3, 1, 1).check("merged", w, expected));
    }

    @Test
    void without_projections_in_the_file_they_are_drawn_from_the_seed_again() {
        AdapterSet set = fresh(of(3, 5, false, true));
        TinyModel.perturb(set, run);
        AdapterFolder.save(set, folder, "", run);
        try (Arena arena = Arena.ofConfined()) {
            assertThat(Safetensors.open(folder.resolve(AdapterFolder.WEIGHTS), arena)
                            .names())
                    .noneMatch(name -> name.contains("vera_A") || name.contains("vera_B"));
        }
        AdapterSet loaded = AdapterFolder.load(folder, places, run);
        assertThat(places.output(loaded, run)).isEqualTo(places.output(set, run));
    }

    @Test
    void projections_in_the_file_count_although_the_configuration_asks_for_none() {
        AdapterSet set = fresh(of(3, 5, true, true));
        TinyModel.perturb(set, run);
        run.elementwise().fill(tensor(set, "base_model.vera_A"), 0.5f);
        AdapterFolder.save(set, folder, "", run);
        configure("save_projection", false);
        AdapterSet loaded = AdapterFolder.load(folder, places, run);
        assertThat(places.output(loaded, run)).isEqualTo(places.output(set, run));
    }

    private void configure(String field, Object value) {
        Path file = folder.resolve(AdapterFolder.CONFIG);
        Map<String, Object> config = new LinkedHashMap<>(Json.readObject(file));
        config.put(field, value);
        Json.write(file, config);
    }

    @Test
    void a_file_that_should_have_projections_and_has_none_is_refused() {
        AdapterFolder.save(fresh(of(3, 5, false, true)), folder, "", run);
        configure("save_projection", true);
        assertThatThrownBy(() -> AdapterFolder.load(folder, places, run)).hasMessageContaining("base_model.vera_A");
    }

    @Test
    void two_of_different_seeds_do_not_act_at_once() {
        List<AdapterSet> two = List.of(fresh(of(3, 5, true, true)), fresh(of(3, 6, true, true)));
        assertThatThrownBy(() -> TogetherAdapters.of(two))
                .isInstanceOf(AdapterException.class)
                .hasMessage("vera: projection_prng_key is 6, expected 5, that of the model's other adapter of vera");
    }

    @Test
    void two_of_one_model_must_have_one_seed() {
        of(3, 5, true, true).requireBeside(of(4, 5, true, true));
        of(3, 5, true, true).requireBeside(Lora.defaults());
        assertThatThrownBy(() -> of(3, 5, true, true).requireBeside(of(3, 6, true, true)))
                .isInstanceOf(AdapterException.class)
                .hasMessage("vera: projection_prng_key is 6, expected 5, that of the model's other adapter of vera");
    }
}
