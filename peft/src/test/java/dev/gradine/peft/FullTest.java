package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Plain fine-tuning: of the whole model, of layers named, and of tied weights.
class FullTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet fresh(CausalLm model, Selection where) {
        AdapterSet set = AdapterSet.fresh(model, new Full(), where, run, new SplittableRandom(1));
        TinyModel.perturb(set, run);
        return set;
    }

    private static long values(CausalLm model) {
        return model.weights().stream()
                .map(Weight::param)
                .distinct()
                .mapToLong(p -> p.value().size())
                .sum();
    }

    @Test
    void without_targets_every_value_of_the_model_is_trained() {
        CausalLm model = TinyModel.of(run, false);
        assertThat(fresh(model, Selection.of(new Full().usualTargets())).trainedValues())
                .isEqualTo(values(model));
    }

    @Test
    void a_tied_head_stays_tied_and_is_trained_once() {
        CausalLm model = TinyModel.of(run, true);
        AdapterSet set = fresh(model, Selection.of(new Full().usualTargets()));
        assertThat(set.trainedValues()).isEqualTo(values(model));
        assertThat(set.params()).doesNotHaveDuplicates();
        Weight table = model.embeddings().getFirst().weight();
        Weight head = model.head().linear().weight();
        assertThat(set.at(head)).isSameAs(set.at(table));
        assertThat(Merge.alike(set, List.of(table, head))).isTrue();
    }

    @Test
    void with_targets_it_is_those_layers_with_their_biases() {
        AdapterSet set = fresh(TinyModel.of(run, false), Selection.of("q_proj,down_proj"));
        assertThat(set.trained())
                .containsOnlyKeys(
                        "base_model.model.model.layers.0.self_attn.q_proj.weight",
                        "base_model.model.model.layers.0.self_attn.q_proj.bias",
                        "base_model.model.model.layers.0.mlp.down_proj.weight",
                        "base_model.model.model.layers.1.self_attn.q_proj.weight",
                        "base_model.model.model.layers.1.self_attn.q_proj.bias",
                        "base_model.model.model.layers.1.mlp.down_proj.weight");
    }

    @Test
    void it_is_saved_loaded_and_merged_and_the_line_says_that_peft_cannot(@TempDir Path folder) {
        CausalLm model = TinyModel.of(run, true);
        AdapterSet set = fresh(model, Selection.of(new Full().usualTargets()));
        AdapterFolder.save(set, folder, "", run);
        List<String> lines = new ArrayList<>();
        AdapterSet loaded = AdapterFolder.load(folder, model, run, lines::add);
        float[] trained = TinyModel.logits(new Policy(model, set), run);
        assertThat(TinyModel.logits(new Policy(model, loaded), run)).isEqualTo(trained);
        assertThat(TinyModel.logits(new Policy(model, loaded.merged(run)), run)).isEqualTo(trained);
        assertThat(lines.getFirst())
                .endsWith("PEFT cannot read it: it has no plain fine-tuning; merge writes the model");
    }
}
