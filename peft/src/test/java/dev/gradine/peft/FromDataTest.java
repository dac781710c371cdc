package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.Json;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Beginnings from data: what holds of every one of them.
class FromDataTest {

    @TempDir
    Path folder;

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run, false);
    private final List<String> told = new ArrayList<>();

    @AfterEach
    void close() {
        run.close();
    }

    private static Lora lora(int rank, double alpha, String init) {
        return new Lora(rank, alpha, 0, false, Lora.Patterns.none(), new Lora.Details(false, LoraInit.parse(init)));
    }

    private static Map<String, Object> json(Path file, String key) {
        Object part =
                key.isEmpty() ? Json.readObject(file) : Json.readObject(file).get(key);
        Map<String, Object> all = new LinkedHashMap<>();
        if (part instanceof Map<?, ?> m) m.forEach((k, v) -> all.put(k.toString(), v));
        return all;
    }

    /// Sequences of a tiny model as a run would give them; the last tokens of each carry loss.
    private Calibration data(int length) {
        return new TokenCalibration(model, batch -> List.of(tokens(2 * batch, length), tokens(2 * batch + 1, length)));
    }

    private static int[] tokens(int seed, int n) {
        SplittableRandom rng = new SplittableRandom(seed);
        return rng.ints(n, 0, 37).toArray();
    }

    private AdapterSet fresh(Method method, Calibration data) {
        Start start = new Start(run, new SplittableRandom(5), 0, Start.NO_TOKENIZER);
        return FreshAdapters.of(model, method, Selection.of(method.usualTargets()), start, data, told::add);
    }

    private float[] logits(Adapters with) {
        return TinyModel.logits(new Policy(model, with), run);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "eva",
                "eva:rho=1,whiten=true,adjust_scaling_factors=false",
                "corda:batches=3",
                "corda:corda_method=kpm,batches=2,damp=0.1",
                "lora_ga:batches=2",
                "lora_ga:direction=random,scale=unit,batches=1"
            })
    void the_model_computes_what_it_did_and_the_file_says_so(String init) {
        double[] before = Cases.doubles(logits(Adapters.NONE));
        for (Method method : List.of(lora(4, 8, init), new Dora(lora(4, 8, init)))) {
            AdapterSet set = fresh(method, data(40));
            Teeth.bite(logits(set), l -> Tolerance.logits().check("logits", l, before));
            assertThat(run.reduce().sumOfSquares(set.params().getFirst().value()))
                    .isGreaterThan(1e-3);
            TinyModel.perturb(set, run);
            float[] moved = logits(set);
            Path file = folder.resolve(method.name());
            AdapterFolder.save(set, file, "", run);
            double[] stored = Cases.doubles(moved);
            AdapterSet again = AdapterFolder.load(file, model, run);
            Teeth.bite(logits(again), l -> Tolerance.logits().times(4).check("stored", l, stored));
        }
        assertThat(told).hasSize(2);
    }

    @Test
    void eva_gives_away_as_many_ranks_as_there_were_and_the_file_has_patterns() {
        AdapterSet set = fresh(lora(4, 8, "eva"), data(40));
        Lora found = set.method().lowRank().orElseThrow();
        int ranks = set.adapters().keySet().stream()
                .mapToInt(s -> found.rank(s.path()))
                .sum();
        assertThat(ranks).isEqualTo(14 * 4);
        assertThat(found.patterns().rankPattern()).isNotEmpty();
        found.patterns()
                .rankPattern()
                .forEach((path, r) -> assertThat(found.scale(path)).isEqualTo(2));
        assertThat(told.getFirst())
                .matches("adapter lora: eva read [\\d,]+ tokens in \\d+ batches; ranks from \\d+ to [5-8]");
        AdapterFolder.save(set, folder, "", run);
        Map<String, Object> config = Json.readObject(folder.resolve(AdapterFolder.CONFIG));
        assertThat(config).containsEntry("init_lora_weights", "eva").containsEntry("r", 4);
        assertThat(config.get("rank_pattern"))
                .isEqualTo(new LinkedHashMap<>(found.patterns().rankPattern()));
        assertThat(json(folder.resolve(AdapterFolder.CONFIG), "eva_config"))
                .containsOnlyKeys(
                        "rho", "tau", "use_label_mask", "label_mask_value", "whiten", "adjust_scaling_factors");
    }

    @Test
    void the_same_data_gives_the_same_bits() {
        for (String init : List.of("eva", "corda:batches=2", "lora_ga:batches=2")) {
            AdapterSet one = fresh(lora(4, 8, init), data(40));
            AdapterSet two = fresh(lora(4, 8, init), data(40));
            for (int i = 0; i < one.params().size(); i++) {
                assertThat(run.download(two.params().get(i).value()))
                        .containsExactly(run.download(one.params().get(i).value()));
            }
        }
    }

    @Test
    void layers_that_get_no_rank_get_no_adapter() {
        AdapterSet set = fresh(lora(1, 2, "eva:rho=8"), data(60));
        assertThat(set.adapters().size()).isBetween(2, 13);
        AdapterFolder.save(set, folder, "", run);
        AdapterSet again = AdapterFolder.load(folder, model, run);
        assertThat(again.adapters().keySet())
                .containsExactlyElementsOf(set.adapters().keySet());
    }

    @Test
    void what_cannot_begin_says_why() {
        assertThatThrownBy(() -> fresh(lora(4, 8, "eva"), data(4)))
                .hasMessage(
                        "init-lora-weights: eva: no batch has 8 tokens that count for model.layers.0.self_attn.q_proj,"
                                + " as many as components; expected a larger --batch, or eva:use_label_mask=false");
        assertThatThrownBy(() -> fresh(lora(13, 8, "lora_ga:batches=1"), data(5)))
                .hasMessage("lora: rank is 13, expected at most 12 to begin as lora_ga, half of what"
                        + " model.layers.0.self_attn.q_proj has");
        assertThatThrownBy(() -> fresh(lora(4, 8, "lora_ga"), Calibration.NONE))
                .hasMessage("init-lora-weights: there is no data to begin from, expected a training run");
        Selection all = Selection.of("all-linear");
        assertThatThrownBy(() -> AdapterSet.fresh(model, lora(4, 8, "eva"), all, run, new SplittableRandom(1)))
                .hasMessage("lora: model.layers.0.self_attn.q_proj begins from data that nobody has read, expected"
                        + " FreshAdapters.of");
        assertThatThrownBy(() -> LoraInit.parse("eva:rh=2"))
                .hasMessage(
                        "init-lora-weights: eva: unknown key rh, expected one of adjust_scaling_factors, batches, rho,"
                                + " tau, use_label_mask, whiten; did you mean rho?");
        assertThatThrownBy(() -> LoraInit.parse("eva:rho"))
                .hasMessage("init-lora-weights: eva: \"rho\", expected KEY=X");
        assertThatThrownBy(() -> LoraInit.parse("eva:tau=1.5"))
                .hasMessage("init-lora-weights: eva: tau is 1.5, expected at most 1");
        assertThatThrownBy(() -> LoraInit.parse("corda:damp=0"))
                .hasMessage("init-lora-weights: corda: damp is 0.0, expected above 0");
        assertThatThrownBy(() -> LoraInit.parse("lora_ga:direction=up"))
                .hasMessage(
                        "init-lora-weights: lora_ga: direction: \"up\", expected one of [ArBr, A2rBr, ArB2r, random]");
        Lora pissa = lora(4, 8, "pissa");
        assertThatThrownBy(() -> fresh(new Alora(pissa, List.of(1)), data(5)))
                .hasMessage(
                        "alora: init-lora-weights pissa takes a part of the base, which tokens before the invocation"
                                + " need; expected one that leaves it");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "eva",
                "eva:rho=3.0,whiten=true",
                "corda:corda_method=kpm",
                "lora_ga:direction=ArBr,scale=weight_svd,batches=2"
            })
    void names_are_read_as_they_are_written(String text) {
        assertThat(LoraInit.parse(text)).hasToString(text);
    }
}
