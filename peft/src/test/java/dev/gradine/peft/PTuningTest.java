package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Networks that compute virtual tokens and prefixes: what they compute is the reference's.
class PTuningTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    /// The reference's weights after three steps give its virtual tokens and its loss. The gradient reaches
    /// the network: that of the last bias is the sum of those of the virtual tokens.
    @ParameterizedTest
    @ValueSource(strings = {"p-tuning", "p-tuning-lstm", "prefix-tuning-mlp"})
    void the_network_computes_what_the_references_does(String name) {
        try (GoldenAdapter g = new GoldenAdapter(name)) {
            AdapterConfig config = AdapterFolder.config(g.folder);
            AdapterSet set =
                    AdapterSet.fresh(g.plain, config.method(), config.selection(), g.run, new SplittableRandom(1));
            set.trained().forEach((key, p) -> g.run.upload(floats(g.expected("encoder." + key)), p.value()));
            AdapterSet stored = set.stored(g.run);
            Param rows = stored.trained().firstEntry().getValue();
            double[] expected = g.expected("after3.prompt_embeddings");
            Teeth.bite(g.run.download(rows.value()), r -> Tolerance.logits().check("rows", r, expected));
            Tolerance.loss().check("loss", g.backward(set), g.lossAfter());
            g.backward(stored);
            double[] sums =
                    sums(g.run.download(rows.grad()), rows.value().shape().dim(1));
            Tolerance tolerance = Tolerance.gradient(largest(sums));
            float[] bias = g.run.download(set.trained().lastEntry().getValue().grad());
            Teeth.bite(bias, d -> tolerance.check("bias", d, sums));
        }
    }

    private static double[] sums(float[] rows, int width) {
        double[] sums = new double[width];
        for (int i = 0; i < rows.length; i++) sums[i % width] += rows[i];
        return sums;
    }

    private static double largest(double[] values) {
        double largest = 0;
        for (double v : values) largest = Math.max(largest, Math.abs(v));
        return largest;
    }

    private static float[] floats(double[] values) {
        float[] all = new float[values.length];
        for (int i = 0; i < all.length; i++) all[i] = (float) values[i];
        return all;
    }

    @Test
    void the_references_adapters_are_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters())
                .containsAll(Set.of("p-tuning", "p-tuning-lstm", "prefix-tuning", "prefix-tuning-mlp"));
    }

    private static List<Method> methods() {
        return List.of(
                new PrefixTuning(3, false, 0, ""),
                new PrefixTuning(3, true, 5, ""),
                new PTuning(3, PTuning.Kind.MLP, 5, 2, 0),
                new PTuning(3, PTuning.Kind.LSTM, 5, 2, 0));
    }

    @Test
    void a_file_holds_what_the_network_gives(@TempDir Path folder) {
        CausalLm model = TinyModel.of(run, false);
        for (Method method : methods()) {
            AdapterSet set = fresh(model, method);
            AdapterFolder.save(set, folder, "", run);
            AdapterSet loaded = AdapterFolder.load(folder, model, run);
            assertThat(loaded.trained()).containsOnlyKeys("prompt_embeddings");
            assertThat(loaded.method()).hasSameClassAs(method);
            assertThat(TinyModel.logits(new Policy(model, loaded), run))
                    .isEqualTo(TinyModel.logits(new Policy(model, set), run))
                    .isNotEqualTo(TinyModel.logits(Policy.of(model), run));
        }
    }

    private AdapterSet fresh(CausalLm model, Method method) {
        return AdapterSet.fresh(model, method, Selection.of(method.usualTargets()), run, new SplittableRandom(1));
    }

    @Test
    void a_prefix_has_as_many_values_as_its_formula_says() {
        CausalLm model = TinyModel.of(run, false);
        for (Method method : methods()) {
            if (!(method instanceof PrefixTuning prefix)) continue;
            assertThat(fresh(model, prefix).trainedValues()).isEqualTo(prefix.parameters(model.keys()));
        }
    }

    @Test
    void what_makes_no_prefix_is_refused() {
        assertThatThrownBy(() -> new PrefixTuning(0, false, 0, ""))
                .isInstanceOf(AdapterException.class)
                .hasMessage("prefix-tuning: virtual-tokens is 0, expected >= 1");
        assertThatThrownBy(() -> new PrefixTuning(1, false, 0, "one"))
                .isInstanceOf(AdapterException.class)
                .hasMessage("prefix-tuning: prefix-init is one, expected zero or none");
        assertThatThrownBy(() -> new PTuning(0, PTuning.Kind.MLP, 0, 2, 0))
                .isInstanceOf(AdapterException.class)
                .hasMessage("p-tuning: virtual-tokens is 0, expected >= 1");
    }
}
