package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Several adapters at once, against the sum of what their merged weights differ by.
class TogetherAdaptersTest {

    private final Kernels run = CpuKernels.open();
    private final Places places = Places.of(run);

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet moved(Method method, String targets, int seed) {
        AdapterSet set = AdapterSet.fresh(places, method, Selection.of(targets), run, new SplittableRandom(seed));
        TinyModel.perturb(set, run, seed);
        return set;
    }

    static Stream<Method> adding() {
        return MethodExamples.all().filter(m -> {
            try (Kernels k = CpuKernels.open()) {
                Places p = Places.of(k);
                Site first = p.linears().getFirst();
                if (!m.takes(first) || !m.merges()) return false;
                AdapterSet set = AdapterSet.fresh(p, m, Selection.of(".*proj"), k, new SplittableRandom(1));
                return set.adapter(first) instanceof LinearAdapter l && l.beside() == LinearAdapter.Beside.ADDS;
            }
        });
    }

    /// W + (W_a − W) + (W_b − W) in the place of every weight.
    private float[] summed(AdapterSet a, AdapterSet b) {
        float[] out = new float[0];
        try (Kernels k = run.openStep()) {
            for (Linear l : places.linears()) {
                Weight w = l.weight();
                Tensor sum = Merge.merged(a, w, k);
                k.elementwise().axpy(1, Merge.merged(b, w, k), sum);
                k.elementwise().axpy(-1, w.param().value(), sum);
                out = Cases.floats(concat(Cases.doubles(out), Cases.doubles(k.download(sum))));
            }
        }
        return out;
    }

    private static double[] concat(double[] a, double[] b) {
        double[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    @ParameterizedTest
    @MethodSource("adding")
    void what_is_added_adds_up(Method method) {
        AdapterSet a = moved(method, ".*proj", 100);
        AdapterSet b = moved(Lora.of(3, 6), ".*proj", 300);
        float[] sums = summed(a, b);
        Map<Weight, Param> weights = new LinkedHashMap<>();
        int at = 0;
        for (Linear l : places.linears()) {
            int n = l.weight().shape().size();
            Tensor value = run.of(l.weight().shape(), Arrays.copyOfRange(sums, at, at += n));
            weights.put(l.weight(), Param.frozen("sum", value));
        }
        double[] expected = Cases.doubles(places.output(AdapterSet.none(places).asTrained(weights), run));
        Tolerance tolerance = Tolerance.dot(Places.IN, 4, 2).times(4);
        Teeth.bite(
                places.output(TogetherAdapters.of(List.of(a, b)), run),
                y -> tolerance.check(method.name(), y, expected));
    }

    @Test
    void factors_multiply_around_the_sum() {
        AdapterSet one = moved(Ia3.defaults(), ".*proj", 100);
        AdapterSet two = moved(Ia3.defaults(), ".*proj", 300);
        double[] expected = Cases.doubles(places.output(one, run));
        float[] base = places.output(Adapters.NONE, run);
        float[] other = places.output(two, run);
        float[] both = places.output(TogetherAdapters.of(List.of(one, two)), run);
        int n = 4 * 9; // the outputs of k_proj: each is multiplied by both factors
        double[] product = new double[n];
        for (int i = 0; i < n; i++) product[i] = expected[i] * other[i] / base[i];
        float[] first = Arrays.copyOf(both, n);
        Teeth.bite(first, y -> Tolerance.elementwise(8, 8).check("factors", y, product));
    }

    @Test
    void embeddings_add_up() {
        AdapterSet a = moved(Lora.of(3, 6), "embed_tokens", 100);
        AdapterSet b = moved(Lora.of(2, 6), "embed_tokens", 300);
        float[] base = places.output(Adapters.NONE, run);
        float[] ya = places.output(a, run);
        float[] yb = places.output(b, run);
        double[] expected = new double[base.length];
        for (int i = 0; i < base.length; i++) expected[i] = (double) ya[i] + yb[i] - base[i];
        Teeth.bite(
                places.output(TogetherAdapters.of(List.of(a, b)), run),
                y -> Tolerance.elementwise(4, 4).check("sum", y, expected));
    }

    @Test
    void one_alone_is_itself_and_none_is_the_base() {
        AdapterSet a = moved(Lora.of(3, 6), ".*", 100);
        assertThat(TogetherAdapters.of(List.of(a))).isSameAs(a);
        assertThat(TogetherAdapters.of(List.of())).isSameAs(Adapters.NONE);
    }

    @Test
    void what_cannot_be_added_is_refused_by_name() {
        AdapterSet a = moved(PromptTuning.defaults(), ".*", 100);
        AdapterSet b = moved(Lora.of(3, 6), ".*", 300);
        assertThatThrownBy(() -> TogetherAdapters.of(List.of(a, b)))
                .isInstanceOf(AdapterException.class)
                .hasMessage("adapters: prompt-tuning cannot act on model.embed_tokens beside another adapter,"
                        + " expected methods that add to an output or multiply it; use one at a time");
    }
}
