package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Llama;
import dev.gradine.nn.ParamSlot;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which weights merging changes, to what, and in which type.
class MergeTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private AdaptedModel adapted(Llama model, String targets) {
        LoraConfig config = LoraConfig.of(3, 6, Targets.parse(targets));
        AdaptedModel m = AdaptedModel.fresh(model, config, run, new SplittableRandom(1));
        TinyModel.perturb(m, run);
        return m;
    }

    /// Makes the model compute with merged weights instead of adapters.
    private void merge(AdaptedModel m) {
        m.disable();
        for (ParamSlot slot : m.model().params()) {
            if (Merge.changes(m, slot)) slot.use(Param.frozen(slot.path(), Merge.merged(m, slot, run)));
        }
    }

    @Test
    void a_merged_model_computes_what_the_adapted_one_does() {
        AdaptedModel m = adapted(TinyModel.of(run, false), "all-linear");
        double[] expected = Cases.doubles(TinyModel.logits(m.model(), run));
        merge(m);
        Tolerance tolerance = Tolerance.logits().times(10); // logits of magnitude 10
        Teeth.bite(TinyModel.logits(m.model(), run), l -> tolerance.check("merged", l, expected));
    }

    @Test
    void only_adapted_weights_change() {
        AdaptedModel m = adapted(TinyModel.of(run, false), "layers.1.self_attn.v_proj");
        assertThat(m.model().params().stream().filter(s -> Merge.changes(m, s)))
                .extracting(ParamSlot::path)
                .containsExactly("model.layers.1.self_attn.v_proj.weight");
    }

    @Test
    void a_tied_head_is_merged_without_the_embedding() {
        Llama model = TinyModel.of(run, true);
        AdaptedModel m = adapted(model, "lm_head");
        assertThat(model.params().stream().filter(s -> Merge.changes(m, s)))
                .extracting(ParamSlot::path)
                .containsExactly("lm_head.weight");
        float[] embedding = run.download(model.params().getFirst().base().value());
        double[] expected = Cases.doubles(TinyModel.logits(model, run));
        merge(m);
        Tolerance tolerance = Tolerance.logits().times(10);
        Teeth.bite(TinyModel.logits(model, run), l -> tolerance.check("merged", l, expected));
        assertThat(run.download(model.params().getFirst().active().value())).isEqualTo(embedding);
    }

    @Test
    void a_trained_copy_takes_the_weights_place() {
        AdaptedModel m = AdaptedModel.fresh(
                TinyModel.of(run, false), AdaptedModelTest.everything(), run, new SplittableRandom(1));
        TinyModel.perturb(m, run);
        ParamSlot head = m.model().head().base().weight();
        assertThat(Merge.changes(m, head)).isTrue();
        assertThat(run.download(Merge.merged(m, head, run)))
                .isEqualTo(run.download(m.copies().lastEntry().getValue().value()));
    }

    @Test
    void a_value_that_is_not_finite_is_refused() {
        AdaptedModel m = adapted(TinyModel.of(run, false), "layers.0.mlp.up_proj");
        run.elementwise().fill(m.params().getFirst().value(), Float.NaN);
        ParamSlot slot = m.adapters().firstEntry().getKey().base().weight();
        assertThatThrownBy(() -> Merge.merged(m, slot, run))
                .isInstanceOf(AdapterException.class)
                .hasMessage("merge: model.layers.0.mlp.up_proj.weight has a value that is not finite");
    }

    @Test
    void a_merged_weight_is_written_in_the_checkpoints_type() {
        for (DType type : new DType[] {DType.F32, DType.F16, DType.BF16}) {
            assertThat(Merge.writtenAs(empty(type))).isEqualTo(type);
        }
    }

    @Test
    void a_weight_merged_into_a_quantised_one_is_written_as_f32() {
        for (DType type : new DType[] {DType.Q8_0, DType.Q4_0, DType.Q4_1}) {
            assertThat(Merge.writtenAs(empty(type))).isEqualTo(DType.F32);
        }
    }

    private Tensor empty(DType type) {
        return run.empty(type, Shape.of(2, 32));
    }
}
