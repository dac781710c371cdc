package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What holds for every adapter there is.
class AdapterContractTest {

    private static final int IN = 17;
    private static final int OUT = 9;
    private static final int RANK = 3;

    /// A fresh adapter over a layer.
    private interface Fresh {
        Adapter over(Linear base, Kernels run);
    }

    private static final Map<Class<?>, Fresh> FRESH = Map.of(LoraLinear.class, AdapterContractTest::lora);

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    static Set<Class<?>> adapters() {
        return FRESH.keySet();
    }

    private static LoraLinear lora(Linear base, Kernels run) {
        var start = new LoraLinear.Start(run, 0.5f, 0);
        return LoraLinear.over(base, new LoraLinear.Size(RANK, 1.5f), start, new SplittableRandom(1));
    }

    private Linear base() {
        Weight weight = weight("layer.weight", Shape.of(OUT, IN), 1);
        return new Linear("layer", weight, weight("layer.bias", Shape.of(OUT), 2));
    }

    private Weight weight(String name, Shape shape, long seed) {
        return new Weight(name, Param.frozen(name, run.of(shape, Cases.plain(seed, shape.size(), 1))));
    }

    private Adapter fresh(Class<?> type, Linear base) {
        return Objects.requireNonNull(FRESH.get(type)).over(base, run);
    }

    private Adapter moved(Class<?> type, Linear base) {
        Adapter a = fresh(type, base);
        a.trained()
                .values()
                .forEach(p -> run.elementwise()
                        .axpy(
                                1,
                                run.of(
                                        p.value().shape(),
                                        Cases.plain(7, p.value().size(), 0.5f)),
                                p.value()));
        return a;
    }

    private float[] output(LinearMap map, Linear base) {
        try (Kernels k = run.openStep()) {
            Pass pass = Pass.of(Tape.forgetting(k));
            Var x = pass.tape().constant(k.of(Shape.of(4, IN), Cases.mild(3, 4 * IN)));
            return k.download(map.apply(base, x, pass).value());
        }
    }

    @Test
    void every_permitted_adapter_is_tried() {
        Set<Class<?>> permitted = Arrays.stream(Adapter.class.getPermittedSubclasses())
                .filter(c -> c != CustomAdapter.class)
                .collect(Collectors.toSet());
        assertThat(FRESH.keySet()).isEqualTo(permitted);
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void a_fresh_one_is_the_identity(Class<?> type) {
        Linear base = base();
        assertThat(output(fresh(type, base), base)).isEqualTo(output(Linear::base, base));
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void the_merged_weight_computes_what_the_adapter_does(Class<?> type) {
        Linear base = base();
        Adapter a = moved(type, base);
        Tensor w = run.empty(Shape.of(OUT, IN));
        run.elementwise().add(base.weight().param().value(), a.delta(run), w);
        Weight merged = new Weight("layer.weight", Param.frozen("layer.weight", w));
        double[] expected = Cases.doubles(output(a, base));
        Tolerance tolerance = Tolerance.dot(IN, 3, 1).times(4); // three products of at most twice the size
        Linear sum = new Linear("layer", merged, base.bias());
        Teeth.bite(output(Linear::base, sum), y -> tolerance.check("merged", y, expected));
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void only_what_it_trains_gets_a_gradient(Class<?> type) {
        Linear base = base();
        Adapter a = moved(type, base);
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var x = t.constant(k.of(Shape.of(4, IN), Cases.mild(3, 4 * IN)));
            Var y = a.apply(base, x, Pass.of(t));
            t.backward(y, k.of(y.shape(), Cases.plain(5, y.value().size(), 1)));
        }
        assertThat(a.trained().values()).allSatisfy(p -> {
            assertThat(p.isTrained()).isTrue();
            assertThat(run.reduce().sumOfSquares(p.grad())).isPositive();
        });
        assertThat(base.weight().param().isTrained()).isFalse();
        assertThat(base.bias().param().isTrained()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void a_snapshot_never_changes(Class<?> type) {
        Linear base = base();
        Adapter a = moved(type, base);
        float[] before = output(a, base);
        Adapter snapshot = a.snapshot(run);
        a.trained().values().forEach(p -> run.elementwise().fill(p.value(), 0.25f));
        assertThat(output(snapshot, base)).isEqualTo(before);
        assertThat(output(a, base)).isNotEqualTo(before);
        assertThat(snapshot.trained().values()).noneMatch(Param::isTrained);
    }

    @Test
    void lora_trains_rank_times_in_plus_out_values() {
        assertThat(lora(base(), run).trained().values().stream()
                        .mapToInt(p -> p.value().size())
                        .sum())
                .isEqualTo(RANK * (IN + OUT));
    }

    /// W = [[1,2,−1],[½,−1,3]], A = [[.2,−.1,.4]], B = [[1],[−½]], s = 2, b = [.1,−.2], x = [1,−2,½].
    @Test
    void lora_computes_the_worked_example() {
        Weight w = new Weight("w.weight", Param.frozen("w", run.of(Shape.of(2, 3), 1, 2, -1, 0.5f, -1, 3)));
        Weight b = new Weight("w.bias", Param.frozen("b", run.of(Shape.of(2), 0.1f, -0.2f)));
        Linear base = new Linear("w", w, b);
        LoraLinear lora = LoraLinear.of(
                base,
                run.of(Shape.of(1, 3), 0.2f, -0.1f, 0.4f),
                run.of(Shape.of(2, 1), 1, -0.5f),
                2,
                new LoraLinear.Start(run, 0, 0));
        Pass pass = Pass.of(Tape.forgetting(run));
        Var x = pass.tape().constant(run.of(Shape.of(1, 3), 1, -2, 0.5f));
        Tolerance tolerance = Tolerance.dot(3, 3, 3);
        Teeth.bite(
                run.download(lora.apply(base, x, pass).value()),
                y -> tolerance.check("y", y, new double[] {-2.2, 3.2}));
        double[] delta = {0.4, -0.2, 0.8, -0.2, 0.1, -0.4};
        Teeth.bite(run.download(lora.delta(run)), d -> tolerance.check("delta", d, delta));
    }

    @Test
    void lora_starts_uniform_within_the_root_of_its_inputs() {
        float[] a = run.download(lora(base(), run).a().value());
        assertThat(a).hasSize(RANK * IN);
        for (float v : a) assertThat(Math.abs(v)).isLessThanOrEqualTo((float) (1 / Math.sqrt(IN)));
        double meanSquare = run.reduce().sumOfSquares(run.of(Shape.of(a.length), a)) / a.length;
        assertThat(meanSquare).isBetween(0.5 / (3 * IN), 1.5 / (3 * IN)); // variance of the uniform distribution
    }

    @Test
    void lora_refuses_a_rank_below_one() {
        assertThatThrownBy(() -> new LoraLinear.Size(0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lora: rank is 0, expected >= 1");
    }
}
