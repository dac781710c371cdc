package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which norms LN tuning trains, and that merging puts them in the place of the checkpoint's.
class LnTuningTest {

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run, false);

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet fresh(Targets targets) {
        return AdapterSet.fresh(model, new LnTuning(), Selection.of(targets), run, new SplittableRandom(1));
    }

    @Test
    void without_targets_they_are_the_usual_ones_of_the_family() {
        AdapterSet set = fresh(new LnTuning().usualTargets());
        assertThat(set.copies().keySet().stream().map(Weight::module))
                .containsExactly(
                        "model.layers.0.input_layernorm",
                        "model.layers.0.post_attention_layernorm",
                        "model.layers.1.input_layernorm",
                        "model.layers.1.post_attention_layernorm",
                        "model.norm");
        assertThat(set.trained().sequencedKeySet().getFirst())
                .isEqualTo("base_model.model.model.layers.0.input_layernorm.ln_tuning_layers.weight");
        assertThat(set.selection().targets().toString()).isEqualTo("input_layernorm,post_attention_layernorm,norm");
    }

    @Test
    void an_unknown_family_needs_targets() {
        Places places = Places.of(run);
        assertThatThrownBy(() -> AdapterSet.fresh(
                        places, new LnTuning(), Selection.of(new Targets.OfFamily()), run, new SplittableRandom(1)))
                .isInstanceOf(AdapterException.class)
                .hasMessage("target_modules: none given, and ln-tuning has no usual ones for the family \"\"; expected"
                        + " names of layers or a regular expression");
    }

    @Test
    void targets_that_name_nothing_are_refused_with_modules_there_are() {
        assertThatThrownBy(() -> fresh(Targets.parse("ln_1")))
                .isInstanceOf(AdapterException.class)
                .hasMessageStartingWith(
                        "targets: ln_1 matches nothing that ln-tuning adapts; the model has [model.emb");
    }

    @Test
    void merged_norms_are_the_trained_ones_bit_for_bit() {
        AdapterSet set = fresh(new LnTuning().usualTargets());
        TinyModel.perturb(set, run);
        assertThat(TinyModel.logits(new Policy(model, set.merged(run)), run))
                .isEqualTo(TinyModel.logits(new Policy(model, set), run))
                .isNotEqualTo(TinyModel.logits(Policy.of(model), run));
    }
}
