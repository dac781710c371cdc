package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.Json;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// PEFT's field `bias`: which biases of the base are trained beside the adapters.
class BiasTest {

    private static final String Q = "base_model.model.model.layers.0.self_attn.q_proj.";
    private static final String K = "base_model.model.model.layers.0.self_attn.k_proj.";

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run, false); // q, k, v and o have biases

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet set(String bias) {
        Selection where = Selection.of("q_proj").training(bias);
        AdapterSet set = AdapterSet.fresh(model, Lora.of(2, 4), where, run, new SplittableRandom(1));
        TinyModel.perturb(set, run);
        return set;
    }

    private float[] logits(AdapterSet set) {
        return TinyModel.logits(new Policy(model, set), run);
    }

    @Test
    void all_are_those_of_every_layer_adapted_or_not() {
        AdapterSet set = set("all");
        assertThat(set.copies()).hasSize(8); // four in each of two blocks
        assertThat(set.trained())
                .containsKeys(Q + "base_layer.bias", K + "bias")
                .doesNotContainKey(Q + "bias");
    }

    @Test
    void those_of_the_layers_adapted_stand_under_the_layer_as_peft_has_them() {
        for (String only : List.of("lora_only", "boft_only")) {
            assertThat(set(only).copies()).hasSize(2);
            assertThat(set(only).trained())
                    .containsKeys(Q + "base_layer.bias", Q + "lora_A.weight")
                    .doesNotContainKeys(K + "bias", K + "base_layer.bias");
        }
    }

    @Test
    void none_trains_none() {
        assertThat(set("none").copies()).isEmpty();
    }

    @Test
    void without_the_adapter_the_model_is_the_base_again() {
        float[] base = TinyModel.logits(Policy.of(model), run);
        assertThat(logits(set("all"))).isNotEqualTo(base);
        assertThat(TinyModel.logits(Policy.of(model), run)).isEqualTo(base);
    }

    @Test
    void merged_they_compute_the_same() {
        AdapterSet set = set("all");
        double[] expected = Cases.doubles(logits(set));
        float[] merged = TinyModel.logits(new Policy(model, set.merged(run)), run);
        Tolerance.logits().check("merged", merged, expected);
    }

    @Test
    void they_are_saved_and_loaded_and_the_line_says_what_differs_from_peft(@TempDir Path folder) {
        for (String bias : List.of("all", "lora_only")) {
            AdapterSet set = set(bias);
            AdapterFolder.save(set, folder, "", run);
            assertThat(Json.readObject(folder.resolve("adapter_config.json"))).containsEntry("bias", bias);
            List<String> lines = new ArrayList<>();
            assertThat(logits(AdapterFolder.load(folder, model, run, lines::add)))
                    .isEqualTo(logits(set));
            assertThat(lines.getFirst())
                    .endsWith("biases are trained: with the adapter off, the base's own hold"
                            + " (PEFT leaves the trained ones)");
        }
    }

    @Test
    void a_method_whose_file_has_no_such_field_refuses_it() {
        Selection where = Selection.of("q_proj").training("all");
        assertThatThrownBy(() -> AdapterSet.fresh(model, LoHa.defaults(), where, run, new SplittableRandom(1)))
                .isInstanceOf(AdapterException.class)
                .hasMessage("bias: is all, expected none: loha trains no bias of the base");
    }

    @Test
    void another_word_is_refused() {
        assertThatThrownBy(() -> Selection.of("q_proj").training("some"))
                .isInstanceOf(AdapterException.class)
                .hasMessage(
                        "bias: is some, expected none, all or, for the layers adapted, a name that ends with _only");
    }
}
