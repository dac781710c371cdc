package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Site;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What holds for every adapter method, at every place that it takes, over a base of every type: two linear layers and
/// a convolution with biases, and an embedding.
@ParameterizedClass
@EnumSource(FrozenType.class)
class MethodContractTest {

    private final Kernels run = CpuKernels.open();
    private final FrozenType type;
    private final Places places;

    MethodContractTest(FrozenType type) {
        this.type = type;
        this.places = Places.of(run, type);
    }

    @AfterEach
    void close() {
        run.close();
    }

    static Stream<Method> methods() {
        return MethodExamples.all();
    }

    /// A network with kinks has no slope at some places: `PTuningTest` compares its gradient.
    static Stream<Method> smooth() {
        return methods().filter(m -> !(m instanceof PTuning));
    }

    static Stream<Method> mergeable() {
        return methods().filter(Method::merges);
    }

    static Stream<Method> unmergeable() {
        return methods().filter(m -> !m.merges());
    }

    private AdapterSet fresh(Method method) {
        return AdapterSet.fresh(places, method, MethodExamples.everywhere(method), run, new SplittableRandom(1));
    }

    private AdapterSet moved(Method method) {
        AdapterSet set = fresh(method);
        TinyModel.perturb(set, run);
        return set;
    }

    @ParameterizedTest
    @MethodSource("methods")
    void it_begins_as_it_says(Method method) {
        float[] y = places.output(fresh(method), run);
        float[] base = places.output(Adapters.NONE, run);
        switch (method.begins()) {
            case SAME -> assertThat(y).isEqualTo(base);
            case ROUNDED ->
                rounding(fresh(method), Tolerance.dot(Places.IN, 2, 2)).check("fresh", y, Cases.doubles(base));
            case OTHER -> assertThat(y).isNotEqualTo(base);
        }
        assertThat(places.output(moved(method), run)).isNotEqualTo(base);
    }

    /// Of sums and, where the method took its start out of the base, of what was left there in the base's type.
    private Tolerance rounding(AdapterSet set, Tolerance sums) {
        return set.replaced().isEmpty() || type == FrozenType.F32 ? sums : type.rounding(Places.IN, 1);
    }

    @ParameterizedTest
    @MethodSource("mergeable")
    void merged_weights_compute_what_it_does(Method method) {
        AdapterSet set = moved(method);
        double[] expected = Cases.doubles(places.output(set, run));
        Tolerance tolerance = Tolerance.dot(Places.IN, 3, 2).times(4); // a few products of at most that size
        Teeth.bite(places.output(set.merged(run), run), y -> tolerance.check("merged", y, expected));
    }

    @ParameterizedTest
    @MethodSource("unmergeable")
    void what_cannot_be_merged_says_so(Method method) {
        assertThatThrownBy(() -> moved(method).merged(run))
                .isInstanceOf(AdapterException.class)
                .hasMessage("merge: %s cannot be merged into the weights of a model; use the adapter beside it"
                        .formatted(method.name()));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void only_what_it_trains_gets_a_gradient(Method method) {
        AdapterSet set = moved(method);
        List<float[]> before = places.values(run);
        places.backward(set, run);
        assertThat(set.params()).isNotEmpty().allSatisfy(p -> {
            assertThat(p.isTrained()).isTrue();
            assertThat(run.reduce().sumOfSquares(p.grad())).isPositive();
        });
        assertThat(places.weights()).noneMatch(w -> w.param().isTrained());
        assertThat(places.values(run)).usingRecursiveComparison().isEqualTo(before);
    }

    /// Against central differences of the settled adapter, in which what carries no gradient stays as it is.
    @ParameterizedTest
    @MethodSource("smooth")
    void its_gradient_is_the_slope(Method method) {
        AdapterSet set = moved(method);
        places.backward(set, run);
        AdapterSet settled = set.settled(run);
        List<Param> params = set.params();
        for (Param p : params) {
            float[] grad = run.download(p.grad());
            int[] looked = type.looked(grad);
            double[] slope = places.slope(settled, p, looked, run);
            float[] there =
                    Cases.floats(IntStream.of(looked).mapToDouble(i -> grad[i]).toArray());
            Tolerance tolerance = places.slopeTolerance(slope, run, settled);
            Teeth.bite(there, g -> tolerance.check(method + " " + p.name(), g, slope));
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void settled_it_computes_the_same(Method method) {
        AdapterSet set = moved(method);
        assertThat(places.output(set.settled(run), run)).isEqualTo(places.output(set, run));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void what_was_saved_is_what_is_loaded(Method method, @TempDir Path folder) {
        AdapterSet set = moved(method);
        AdapterFolder.save(set, folder, "org/base", run);
        AdapterSet loaded = AdapterFolder.load(folder, places, run);
        AdapterSet written = method.asWritten(set.stored(run), run);
        assertThat(loaded.method()).isEqualTo(written.method());
        assertThat(loaded.trained().keySet()).isEqualTo(written.trained().keySet());
        assertThat(values(loaded)).usingRecursiveComparison().isEqualTo(values(written));
        float[] y = places.output(loaded, run);
        if (written.method().equals(method)) assertThat(y).isEqualTo(places.output(set, run));
        else {
            Tolerance tolerance = rounding(set, Tolerance.dot(Places.IN, 3, 2).times(8));
            tolerance.check("as written", y, Cases.doubles(places.output(set, run)));
        }
    }

    private List<float[]> values(AdapterSet set) {
        List<float[]> all = new ArrayList<>();
        for (Param p : set.params()) all.add(run.download(p.value()));
        return all;
    }

    @ParameterizedTest
    @MethodSource("methods")
    void a_snapshot_never_changes(Method method) {
        AdapterSet set = moved(method);
        float[] before = places.output(set, run);
        AdapterSet snapshot = set.snapshot(run);
        set.params().forEach(p -> run.elementwise().fill(p.value(), 0.25f));
        assertThat(places.output(snapshot, run)).isEqualTo(before);
        assertThat(places.output(set, run)).isNotEqualTo(before);
        assertThat(snapshot.params()).noneMatch(Param::isTrained);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void it_trains_as_many_values_as_its_formula_says(Method method) {
        AdapterSet set = fresh(method);
        List<Site> sites = List.copyOf(set.adapters().keySet());
        long copied = places.weights().stream()
                .filter(w -> method.copies(w, set.selection()))
                .mapToLong(w -> w.shape().size())
                .sum();
        long expected = sites.stream().mapToLong(method::parameters).sum() + method.sharedParameters(sites) + copied;
        expected += set.rows().values().stream()
                .mapToLong(r ->
                        (long) r.tokens().size() * r.values().value().shape().last())
                .sum();
        assertThat(set.trainedValues()).isPositive().isEqualTo(expected);
    }
}
