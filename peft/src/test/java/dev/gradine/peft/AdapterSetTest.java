package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Adapters of one model: what it computes with them, without them, merged, and after a round trip through files.
class AdapterSetTest {

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run, false);
    private final float[] base = TinyModel.logits(Policy.of(model), run);

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet adapted(Selection where) {
        return AdapterSet.fresh(model, Lora.of(4, 8), where, run, new SplittableRandom(5));
    }

    private float[] logits(Adapters adapters) {
        return TinyModel.logits(new Policy(model, adapters), run);
    }

    /// Adapters on all layers and a trained copy of the head.
    static AdapterSet everything(CausalLm model, Kernels run) {
        return AdapterSet.fresh(model, Lora.of(4, 8), saving("all-linear", "lm_head"), run, new SplittableRandom(5));
    }

    private static Selection saving(String targets, String module) {
        return new Selection(
                Targets.parse(targets), new Targets.None(), List.of(), List.of(), List.of(module), Beside.NOTHING);
    }

    @Test
    void a_fresh_one_computes_what_the_base_does() {
        assertThat(logits(everything(model, run))).isEqualTo(base);
    }

    @Test
    void a_pass_without_them_computes_what_the_base_did() {
        AdapterSet m = everything(model, run);
        TinyModel.perturb(m, run);
        float[] on = logits(m);
        assertThat(on).isNotEqualTo(base);
        assertThat(logits(Adapters.NONE)).isEqualTo(base);
        assertThat(logits(m)).isEqualTo(on);
    }

    @Test
    void merged_it_computes_the_same_and_the_model_is_left_as_it_was() {
        AdapterSet m = everything(model, run);
        TinyModel.perturb(m, run);
        float[] on = logits(m);
        Adapters merged = m.merged(run);
        assertThat(model.linears()).noneMatch(merged::touches);
        assertThat(model.weights().stream().filter(merged::touches))
                .containsExactlyElementsOf(model.weights().stream()
                        .filter(w -> Merge.changes(m, w))
                        .toList());
        Teeth.bite(logits(merged), y -> Tolerance.logits().check("merged", y, Cases.doubles(on)));
        assertThat(logits(m)).isEqualTo(on);
        assertThat(logits(Adapters.NONE)).isEqualTo(base);
    }

    @Test
    void it_touches_what_it_adapts_and_what_it_trains_whole() {
        AdapterSet m = everything(model, run);
        assertThat(model.linears())
                .allSatisfy(l ->
                        assertThat(m.touches(l)).isEqualTo(l != model.head().linear()));
        assertThat(model.weights().stream().filter(m::touches))
                .extracting(Weight::path)
                .containsExactly("lm_head.weight");
        assertThat(model.embeddings()).noneMatch(m::touches);
        assertThat(m.virtualTokens()).isZero();
    }

    @Test
    void the_same_seed_starts_the_same() {
        List<Param> one = everything(model, run).params();
        List<Param> other = everything(TinyModel.of(run, false), run).params();
        assertThat(other).hasSameSizeAs(one);
        for (int i = 0; i < one.size(); i++) {
            assertThat(run.download(one.get(i).value()))
                    .isEqualTo(run.download(other.get(i).value()));
        }
    }

    @Test
    void a_snapshot_stays_where_it_was() {
        AdapterSet m = everything(model, run);
        TinyModel.perturb(m, run);
        float[] then = logits(m);
        AdapterSet snapshot = m.snapshot(run);
        TinyModel.perturb(m, run);
        float[] now = logits(m);
        assertThat(logits(snapshot)).isEqualTo(then);
        assertThat(logits(m)).isEqualTo(now).isNotEqualTo(then);
        assertThat(snapshot.params()).noneMatch(Param::isTrained);
        assertThat(snapshot.trained().keySet()).isEqualTo(m.trained().keySet());
    }

    @Test
    void what_was_saved_is_what_is_loaded(@TempDir Path folder) {
        AdapterSet m = everything(model, run);
        TinyModel.perturb(m, run);
        float[] on = logits(m);
        AdapterFolder.save(m, folder, "org/base", run);
        CausalLm other = TinyModel.of(run, false);
        AdapterSet loaded = AdapterFolder.load(folder, other, run);
        assertThat(loaded.model()).isSameAs(other);
        assertThat(TinyModel.logits(new Policy(other, loaded), run)).isEqualTo(on);
        assertThat(loaded.trained().keySet())
                .containsExactlyElementsOf(m.trained().keySet());
        m.trained()
                .forEach((name, p) -> assertThat(run.download(loaded.params()
                                .get(List.copyOf(m.trained().keySet()).indexOf(name))
                                .value()))
                        .isEqualTo(run.download(p.value())));
    }

    @Test
    void the_number_of_values_is_the_sum_over_layers() {
        long perBlock = 4L * ((24 + 24) * 2 + (24 + 12) * 2 + (24 + 40) * 3);
        assertThat(everything(model, run).trainedValues()).isEqualTo(2 * perBlock + 37 * 24);
    }

    @Test
    void names_are_those_of_pefts_file() {
        assertThat(adapted(Selection.of("layers.1.self_attn.v_proj")).trained().keySet())
                .containsExactly(
                        "base_model.model.model.layers.1.self_attn.v_proj.lora_A.weight",
                        "base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight");
    }

    @Test
    void refuses_targets_that_match_nothing() {
        assertThatThrownBy(() -> adapted(Selection.of("c_attn")))
                .isInstanceOf(AdapterException.class)
                .hasMessage("targets: c_attn matches nothing that lora adapts; the model has "
                        + "[model.embed_tokens, model.layers.0.self_attn.q_proj, model.layers.0.self_attn.k_proj, "
                        + "model.layers.0.self_attn.v_proj, model.layers.0.self_attn.o_proj, "
                        + "model.layers.0.mlp.gate_proj, model.layers.0.mlp.up_proj, model.layers.0.mlp.down_proj]");
    }

    @Test
    void refuses_a_module_to_save_that_does_not_exist() {
        assertThatThrownBy(() -> adapted(saving("q_proj", "score")))
                .isInstanceOf(AdapterException.class)
                .hasMessage("modules_to_save: score names no module of the model");
    }
}
