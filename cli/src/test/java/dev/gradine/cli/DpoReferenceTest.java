package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The frozen reference of `dpo`: computed live or kept in a file, the model without adapter, the adapter as it began,
/// or a second model.
class DpoReferenceTest {

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.write(temp.resolve("second"), 6);
        TinyModel.pairs(temp.resolve("pairs.jsonl"), 7);
    }

    private Cli dpo(String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("dpo", "--model", temp.resolve("model"), "--samples", 0));
        all.addAll(List.of("--out", temp.resolve(out), "--steps", 4, "--batch", 3, "--rank", 4));
        if (!Arrays.asList(more).contains("--lr")) all.addAll(List.of("--lr", 0.01));
        if (!Arrays.asList(more).contains("--data")) all.addAll(List.of("--data", temp.resolve("pairs.jsonl")));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    private double firstLoss(String out) {
        return Values.number(Values.metrics(temp.resolve(out)).getFirst(), "loss");
    }

    private byte[] adapter(String out) {
        return Values.bytes(temp.resolve(out).resolve("adapter_model.safetensors"));
    }

    /// A fresh adapter changes nothing, and one that is continued is its own reference.
    @Test
    void a_run_says_that_it_begins_at_its_reference() {
        String same = "at the start policy and reference differ by at most 0 nats in a sequence of the first batch";
        assertThat(dpo("fresh").ok().err()).contains(same);
        assertThat(dpo("more", "--init-adapter", temp.resolve("fresh")).ok().err())
                .contains(same);
        String apart = dpo("apart", "--init-adapter", temp.resolve("fresh"), "--reference", "base")
                .ok()
                .err();
        assertThat(apart).containsPattern("differ by at most [0-9.e-]+ nats").doesNotContain(same);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--loss sigmoid", "--loss aot", "--loss aot_unpaired", "--length-alpha 0.5"})
    void a_precomputed_reference_gives_the_run_of_the_live_one(String loss) {
        Object[] options = loss.split(" ", -1);
        dpo("live", options).ok();
        dpo(
                        "kept",
                        Stream.concat(Arrays.stream(options), Stream.of("--precompute-reference"))
                                .toArray())
                .ok();
        List<Map<String, Object>> live = Values.timeless(temp.resolve("live"));
        List<Map<String, Object>> kept = Values.timeless(temp.resolve("kept"));
        assertThat(kept).hasSameSizeAs(live);
        for (int i = 0; i < live.size(); i++) {
            // log-probabilities of 30 tokens sum to 165: eight roundings of that size, a tenth of which is in the loss
            assertThat(Values.number(kept.get(i), "loss")).isCloseTo(Values.number(live.get(i), "loss"), within(1e-5));
        }
        float[] a = flat("live");
        float[] b = flat("kept");
        for (int i = 0; i < a.length; i++) assertThat(b[i]).isCloseTo(a[i], within(2e-4f));
    }

    private float[] flat(String out) {
        List<Float> all = new ArrayList<>();
        Values.floats(temp.resolve(out).resolve("adapter_model.safetensors"))
                .values()
                .forEach(v -> {
                    for (float x : v) all.add(x);
                });
        float[] flat = new float[all.size()];
        for (int i = 0; i < flat.length; i++) flat[i] = all.get(i);
        return flat;
    }

    @Test
    void a_kept_reference_is_used_again_but_not_for_other_data() {
        dpo("first", "--precompute-reference").ok();
        Path file = temp.resolve("first-reference.safetensors");
        byte[] kept = Values.bytes(file);
        delete("first");
        Cli again = dpo("first", "--precompute-reference").ok();
        assertThat(again.err()).doesNotContain("reference log-probabilities");
        assertThat(Values.bytes(file)).isEqualTo(kept);
        delete("first");
        TinyModel.pairs(temp.resolve("other.jsonl"), 8);
        String refused = file + ": made from other data or another reference; delete it to have it computed again";
        dpo("first", "--precompute-reference", "--data", temp.resolve("other.jsonl"))
                .refuses(refused);
        dpo("first", "--precompute-reference", "--reference", temp.resolve("second"))
                .refuses(refused);
        assertThat(temp.resolve("first")).doesNotExist();
    }

    @Test
    void a_kept_reference_is_not_for_another_adapter_at_the_start() {
        dpo("one").ok();
        dpo("two", "--seed", 9).ok();
        dpo("next", "--precompute-reference", "--init-adapter", temp.resolve("one"))
                .ok();
        delete("next");
        Path file = temp.resolve("next-reference.safetensors");
        dpo("next", "--precompute-reference", "--init-adapter", temp.resolve("two"))
                .refuses("adapter %s: lora on 14 modules; 28 of 28 tensors used\ngradine: %s"
                                .formatted(temp.resolve("two"), file)
                        + ": made from other data or another reference; delete it to have it computed again");
    }

    private void delete(String folder) {
        for (String name : Values.content(temp.resolve(folder))) {
            assertThat(temp.resolve(folder).resolve(name).toFile().delete()).isTrue();
        }
        assertThat(temp.resolve(folder).toFile().delete()).isTrue();
    }

    @Test
    void a_fresh_adapter_begins_at_log_2() {
        dpo("fresh").ok();
        assertThat(firstLoss("fresh")).isCloseTo(Math.log(2), within(1e-6));
    }

    @Test
    void a_second_model_can_be_the_reference() {
        dpo("itself", "--reference", temp.resolve("model")).ok();
        dpo("fresh").ok();
        assertThat(adapter("itself")).isEqualTo(adapter("fresh"));
        dpo("other", "--reference", temp.resolve("second")).ok();
        assertThat(Math.abs(firstLoss("other") - Math.log(2))).isGreaterThan(0.01);
    }

    @Test
    void base_and_start_differ_behind_an_adapter() {
        dpo("before", "--lr", 0.05).ok();
        Path adapter = temp.resolve("before");
        dpo("start", "--init-adapter", adapter).ok();
        dpo("base", "--init-adapter", adapter, "--reference", "base").ok();
        assertThat(firstLoss("start")).isCloseTo(Math.log(2), within(1e-6));
        assertThat(Math.abs(firstLoss("base") - Math.log(2))).isGreaterThan(0.01);
    }

    @Test
    void a_reference_that_is_nowhere_is_refused() {
        dpo("none", "--reference", temp.resolve("nowhere"))
                .refuses(temp.resolve("nowhere") + ": cannot be read: no such file or folder");
        assertThat(temp.resolve("none")).doesNotExist();
    }

    @Test
    void a_loss_that_there_is_not_is_refused() {
        Cli run = dpo("none", "--loss", "nonsense");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("gradine: loss: \"nonsense\", expected one of [sigmoid, hinge, ipo,");
        dpo("none", "--beta", 0).refuses("dpo: beta is 0.0, expected > 0");
    }
}
