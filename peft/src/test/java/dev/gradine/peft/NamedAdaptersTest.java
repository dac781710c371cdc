package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Adapters by name over one model, switched at any time.
class NamedAdaptersTest {

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run, false);
    private final NamedAdapters named = new NamedAdapters(model, run);

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet moved(Method method, int seed) {
        AdapterSet set =
                AdapterSet.fresh(model, method, Selection.of("q_proj,down_proj"), run, new SplittableRandom(seed));
        TinyModel.perturb(set, run, seed);
        return set;
    }

    private float[] logits(Adapters adapters) {
        return TinyModel.logits(new Policy(model, adapters), run);
    }

    @Test
    void what_is_active_acts() {
        AdapterSet a = moved(Lora.of(4, 8), 100);
        AdapterSet b = moved(Lora.of(2, 8), 300);
        float[] base = logits(Adapters.NONE);
        named.addAdapter("a", a);
        named.addAdapter("b", b);
        assertThat(logits(named.current())).isEqualTo(base);
        named.setAdapter("a");
        assertThat(logits(named.current())).isEqualTo(logits(a)).isNotEqualTo(base);
        named.setAdapter("b");
        assertThat(logits(named.current())).isEqualTo(logits(b));
        named.setAdapter("a", "b");
        assertThat(logits(named.current())).isEqualTo(logits(TogetherAdapters.of(List.of(a, b))));
        named.disableAdapters();
        assertThat(logits(named.current())).isEqualTo(base);
        named.enableAdapters();
        assertThat(named.active()).containsExactly("a", "b");
        named.deleteAdapter("a");
        assertThat(logits(named.current())).isEqualTo(logits(b));
        assertThat(named.names()).containsExactly("b");
        named.unload();
        assertThat(logits(named.current())).isEqualTo(base);
    }

    @Test
    void an_adapter_is_added_as_it_is_then_or_from_its_folder(@TempDir Path folder) {
        AdapterSet a = moved(Lora.of(4, 8), 100);
        named.addAdapter("a", a);
        named.setAdapter("a");
        float[] before = logits(named.current());
        AdapterFolder.save(a, folder, "", run);
        a.params().forEach(p -> run.elementwise().fill(p.value(), 0.5f));
        assertThat(logits(named.current())).isEqualTo(before).isNotEqualTo(logits(a));
        named.loadAdapter("stored", folder, _ -> {});
        named.setAdapter("stored");
        assertThat(logits(named.current())).isEqualTo(before);
    }

    @Test
    void merged_weights_act_as_the_adapters_and_are_undone_to_the_bit() {
        named.addAdapter("a", moved(Lora.of(4, 8), 100));
        named.addAdapter("d", moved(new Dora(Lora.of(2, 8)), 300));
        named.addAdapter("i", moved(Ia3.defaults(), 500));
        for (String[] active : List.of(new String[] {"a"}, new String[] {"a", "d"}, new String[] {"a", "i"})) {
            named.setAdapter(active);
            float[] beside = logits(named.current());
            named.mergeAdapter();
            double[] expected = Cases.doubles(beside);
            Teeth.bite(logits(named.current()), z -> Tolerance.logits().times(4).check("merged", z, expected));
            named.unmergeAdapter();
            assertThat(logits(named.current())).isEqualTo(beside);
        }
        named.setAdapter("a");
        float[] beside = logits(named.current());
        Adapters weights = named.mergeAndUnload();
        Teeth.bite(logits(weights), z -> Tolerance.logits().times(4).check("unloaded", z, Cases.doubles(beside)));
        assertThat(named.names()).isEmpty();
        assertThat(logits(named.current())).isEqualTo(logits(Adapters.NONE));
    }

    @Test
    void a_merge_that_is_not_finite_changes_nothing() {
        AdapterSet a = moved(Lora.of(4, 8), 100);
        run.elementwise().fill(a.params().getFirst().value(), Float.POSITIVE_INFINITY);
        named.addAdapter("a", a);
        named.setAdapter("a");
        Adapters before = named.current();
        assertThatThrownBy(named::mergeAdapter)
                .hasMessage(
                        "merge: model.layers.0.self_attn.q_proj.weight has a value that is not finite; the adapter's"
                                + " values are too large, train it with a lower learning rate");
        assertThatThrownBy(named::mergeAndUnload).isInstanceOf(AdapterException.class);
        assertThat(named.current()).isSameAs(before);
        assertThat(named.names()).containsExactly("a");
    }

    @Test
    void names_that_do_not_fit_are_told() {
        named.addAdapter("a", moved(Lora.of(4, 8), 100));
        assertThatThrownBy(() -> named.setAdapter("b"))
                .hasMessage("adapters: \"b\" is none of them, expected one of [a]");
        assertThatThrownBy(() -> named.addAdapter("a", moved(Lora.of(4, 8), 100)))
                .hasMessage("adapters: \"a\" is there already, expected another name");
        AdapterSet other = AdapterSet.none(TinyModel.of(run, false));
        assertThatThrownBy(() -> named.addAdapter("b", other))
                .hasMessage("adapters: \"b\" is for another model, expected this one");
    }

    private int[] text(Adapters adapters, Kernels own) {
        var request = WritingRule.of(new SamplingParams(0.8, 0, 1), 12, _ -> false);
        return new Generations(new Policy(model, adapters), own)
                .one(TinyModel.TOKENS, request, new SplittableRandom(5), _ -> true);
    }

    /// One thread writes texts while another switches, merges and undoes: each text is one adapter's from its first
    /// token to its last.
    @Test
    void a_text_is_one_adapters_whatever_is_switched_meanwhile() throws Exception {
        AdapterSet a = moved(Lora.of(4, 8), 100);
        AdapterSet b = moved(Lora.of(4, 8), 300);
        named.addAdapter("a", a);
        named.addAdapter("b", b);
        named.setAdapter("a");
        int[] ofA = text(a, run);
        int[] ofB = text(b, run);
        assertThat(ofA).isNotEqualTo(ofB);
        AtomicBoolean done = new AtomicBoolean();
        List<int[]> texts = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<?> writing = threads.submit(() -> {
                try (Kernels own = CpuKernels.open()) {
                    for (int i = 0; i < 20; i++) texts.add(text(named.current(), own));
                } finally {
                    done.set(true);
                }
            });
            Future<Integer> switching = threads.submit(() -> {
                int switches = 0;
                for (; !done.get(); switches++) named.setAdapter(switches % 2 == 0 ? "b" : "a");
                return switches;
            });
            writing.get();
            assertThat(switching.get()).isPositive();
        }
        assertThat(texts).hasSize(20).allSatisfy(t -> assertThat(t).isIn(ofA, ofB));
    }

    @Test
    void switching_takes_little_time() {
        named.addAdapter("a", moved(Lora.of(4, 8), 100));
        named.addAdapter("b", moved(Lora.of(4, 8), 300));
        long start = System.nanoTime();
        int n = 1000;
        for (int i = 0; i < n; i++) named.setAdapter(i % 2 == 0 ? "a" : "b");
        System.out.printf("switching an adapter: %.4f ms%n", (System.nanoTime() - start) / 1e6 / n);
        assertThat(named.active()).containsExactly("b");
    }
}
