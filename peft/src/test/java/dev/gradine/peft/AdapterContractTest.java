package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.DenseLinear;
import dev.gradine.nn.LinearModule;
import dev.gradine.nn.ParamSlot;
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
        Adapter over(DenseLinear base, Kernels run);
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

    private static LoraLinear lora(DenseLinear base, Kernels run) {
        var site = new LoraLinear.Site(run, new DropoutPlan(0.5f), 0);
        return LoraLinear.over("layer", base, new LoraLinear.Size(RANK, 1.5f), site, new SplittableRandom(1));
    }

    private DenseLinear base() {
        ParamSlot weight = slot("layer.weight", Shape.of(OUT, IN), 1);
        return new DenseLinear(weight, slot("layer.bias", Shape.of(OUT), 2));
    }

    private ParamSlot slot(String name, Shape shape, long seed) {
        return new ParamSlot(name, Param.frozen(name, run.of(shape, Cases.plain(seed, shape.size(), 1))));
    }

    private Adapter fresh(Class<?> type, DenseLinear base) {
        return Objects.requireNonNull(FRESH.get(type)).over(base, run);
    }

    private Adapter moved(Class<?> type, DenseLinear base) {
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

    private float[] output(LinearModule layer) {
        try (Kernels k = run.openStep()) {
            Var x = Tape.forgetting(k).constant(k.of(Shape.of(4, IN), Cases.mild(3, 4 * IN)));
            return k.download(layer.forward(x).value());
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
        DenseLinear base = base();
        assertThat(output(fresh(type, base))).isEqualTo(output(base));
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void the_merged_weight_computes_what_the_adapter_does(Class<?> type) {
        DenseLinear base = base();
        Adapter a = moved(type, base);
        Tensor w = run.empty(Shape.of(OUT, IN));
        run.elementwise().add(base.weight().base().value(), a.delta(run), w);
        ParamSlot merged = new ParamSlot("layer.weight", Param.frozen("layer.weight", w));
        double[] expected = Cases.doubles(output(a));
        Tolerance tolerance = Tolerance.dot(IN, 3, 1).times(4); // three products of at most twice the size
        Teeth.bite(output(new DenseLinear(merged, base.bias())), y -> tolerance.check("merged", y, expected));
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void only_what_it_trains_gets_a_gradient(Class<?> type) {
        DenseLinear base = base();
        Adapter a = moved(type, base);
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var y = a.forward(t.constant(k.of(Shape.of(4, IN), Cases.mild(3, 4 * IN))));
            t.backward(y, k.of(y.shape(), Cases.plain(5, y.value().size(), 1)));
        }
        assertThat(a.trained().values()).allSatisfy(p -> {
            assertThat(p.isTrained()).isTrue();
            assertThat(run.reduce().sumOfSquares(p.grad())).isPositive();
        });
        assertThat(base.weight().active().isTrained()).isFalse();
        assertThat(base.bias().active().isTrained()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void a_snapshot_never_changes(Class<?> type) {
        Adapter a = moved(type, base());
        float[] before = output(a);
        Adapter snapshot = a.snapshot(run);
        a.trained().values().forEach(p -> run.elementwise().fill(p.value(), 0.25f));
        assertThat(output(snapshot)).isEqualTo(before);
        assertThat(output(a)).isNotEqualTo(before);
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
        ParamSlot w = new ParamSlot("w", Param.frozen("w", run.of(Shape.of(2, 3), 1, 2, -1, 0.5f, -1, 3)));
        ParamSlot b = new ParamSlot("b", Param.frozen("b", run.of(Shape.of(2), 0.1f, -0.2f)));
        var site = new LoraLinear.Site(run, new DropoutPlan(0), 0);
        LoraLinear lora = LoraLinear.of(
                "w",
                new DenseLinear(w, b),
                run.of(Shape.of(1, 3), 0.2f, -0.1f, 0.4f),
                run.of(Shape.of(2, 1), 1, -0.5f),
                2,
                site);
        Var x = Tape.forgetting(run).constant(run.of(Shape.of(1, 3), 1, -2, 0.5f));
        Tolerance tolerance = Tolerance.dot(3, 3, 3);
        Teeth.bite(run.download(lora.forward(x).value()), y -> tolerance.check("y", y, new double[] {-2.2, 3.2}));
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
