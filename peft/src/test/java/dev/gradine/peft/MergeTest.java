package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.HashMap;
import java.util.Map;
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

    private AdapterSet adapted(CausalLm model, String targets) {
        AdapterSet m = AdapterSet.fresh(model, Lora.of(3, 6), Selection.of(targets), run, new SplittableRandom(1));
        TinyModel.perturb(m, run);
        return m;
    }

    /// What merged weights compute in the place of adapters.
    private float[] merged(CausalLm model, AdapterSet m) {
        Map<Weight, Param> sums = new HashMap<>();
        for (Weight w : model.weights()) {
            if (Merge.changes(m, w)) sums.put(w, Param.frozen(w.path(), Merge.merged(m, w, run)));
        }
        Adapters replaced = new Adapters() {
            @Override
            public Param at(Weight weight) {
                return sums.getOrDefault(weight, weight.param());
            }

            @Override
            public boolean touches(Site site) {
                return sums.containsKey(site);
            }
        };
        return TinyModel.logits(new Policy(model, replaced), run);
    }

    @Test
    void a_merged_model_computes_what_the_adapted_one_does() {
        CausalLm model = TinyModel.of(run, false);
        AdapterSet m = adapted(model, "all-linear");
        double[] expected = Cases.doubles(TinyModel.logits(new Policy(model, m), run));
        Tolerance tolerance = Tolerance.logits().times(10); // logits of magnitude 10
        Teeth.bite(merged(model, m), l -> tolerance.check("merged", l, expected));
    }

    @Test
    void only_adapted_weights_change() {
        AdapterSet m = adapted(TinyModel.of(run, false), "layers.1.self_attn.v_proj");
        assertThat(m.model().weights().stream().filter(w -> Merge.changes(m, w)))
                .extracting(Weight::path)
                .containsExactly("model.layers.1.self_attn.v_proj.weight");
    }

    @Test
    void a_tied_head_is_merged_without_the_embedding() {
        CausalLm model = TinyModel.of(run, true);
        AdapterSet m = adapted(model, "lm_head");
        assertThat(model.weights().stream().filter(w -> Merge.changes(m, w)))
                .extracting(Weight::path)
                .containsExactly("lm_head.weight");
        Weight table = model.embeddings().getFirst().weight();
        float[] embedding = run.download(table.param().value());
        double[] expected = Cases.doubles(TinyModel.logits(new Policy(model, m), run));
        Tolerance tolerance = Tolerance.logits().times(10);
        Teeth.bite(merged(model, m), l -> tolerance.check("merged", l, expected));
        assertThat(run.download(table.param().value())).isEqualTo(embedding);
        assertThat(m.merged(run).at(table)).isSameAs(table.param());
    }

    /// The head goes on with the table as it was, so a merged checkpoint needs one of its own.
    @Test
    void a_merged_embedding_leaves_a_tied_head_as_it_was() {
        CausalLm model = TinyModel.of(run, true);
        AdapterSet m = adapted(model, "embed_tokens");
        assertThat(model.weights().stream().filter(w -> Merge.changes(m, w)))
                .extracting(Weight::path)
                .containsExactly("model.embed_tokens.weight");
        assertThat(model.weights().stream().filter(w -> Merge.stores(m, w)))
                .extracting(Weight::path)
                .containsExactly("model.embed_tokens.weight", "lm_head.weight");
        Weight head = model.head().linear().weight();
        assertThat(run.download(Merge.merged(m, head, run)))
                .isEqualTo(run.download(head.param().value()));
        double[] expected = Cases.doubles(TinyModel.logits(new Policy(model, m), run));
        Tolerance tolerance = Tolerance.logits().times(10);
        Teeth.bite(merged(model, m), l -> tolerance.check("merged", l, expected));
    }

    @Test
    void a_trained_copy_takes_the_weights_place() {
        CausalLm model = TinyModel.of(run, false);
        AdapterSet m = AdapterSetTest.everything(model, run);
        TinyModel.perturb(m, run);
        Weight head = model.head().linear().weight();
        assertThat(Merge.changes(m, head)).isTrue();
        assertThat(run.download(Merge.merged(m, head, run)))
                .isEqualTo(run.download(m.copies().lastEntry().getValue().value()));
    }

    @Test
    void a_value_that_is_not_finite_is_refused() {
        AdapterSet m = adapted(TinyModel.of(run, false), "layers.0.mlp.up_proj");
        run.elementwise().fill(m.params().getFirst().value(), Float.NaN);
        Weight w = ((Linear) m.adapters().firstEntry().getKey()).weight();
        assertThatThrownBy(() -> Merge.merged(m, w, run))
                .isInstanceOf(AdapterException.class)
                .hasMessage(
                        "merge: model.layers.0.mlp.up_proj.weight has a value that is not finite; the adapter's values"
                                + " are too large, train it with a lower learning rate");
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
