package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.io.Json;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.cpu.Quantise;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Ways in which the factors of a LoRA begin.
class LoraInitTest {

    private static final int OUT = 64;
    private static final int IN = 96;

    @TempDir
    Path folder;

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private static Lora lora(int rank, double alpha, String init) {
        return new Lora(rank, alpha, 0, false, Lora.Patterns.none(), new Lora.Details(false, LoraInit.parse(init)));
    }

    private Linear layer(Tensor w) {
        return new Linear(
                "model.layers.0.q_proj", new Weight("model.layers.0.q_proj.weight", Param.frozen("w", w)), null);
    }

    private Tensor random() {
        return run.of(Shape.of(OUT, IN), Cases.plain(7, OUT * IN, 1));
    }

    private LoraLinear fresh(Linear layer, Lora lora, Start start) {
        return LoraLinear.over(layer, lora, start);
    }

    private Start start() {
        return new Start(run, new SplittableRandom(3), 0, Start.NO_TOKENIZER);
    }

    private double distance(Tensor a, Tensor b) {
        float[] x = run.download(a);
        float[] y = run.download(b);
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += (double) (x[i] - y[i]) * (x[i] - y[i]);
        return Math.sqrt(sum);
    }

    /// As the reference's own conversion: rank and alpha doubled, init_lora_weights true, the same logits over the base
    /// as it is.
    @ParameterizedTest
    @ValueSource(strings = {"pissa", "olora"})
    void what_took_a_part_of_the_base_is_saved_as_lora_of_the_whole_base(String name) {
        try (GoldenAdapter g = new GoldenAdapter(name)) {
            AdapterSet read = g.load();
            AdapterSet set = AdapterSet.fresh(g.plain, read.method(), read.selection(), g.run, new SplittableRandom(1));
            for (int i = 0; i < read.params().size(); i++) {
                g.run.copy(read.params().get(i).value(), set.params().get(i).value());
            }
            AdapterFolder.save(set, folder, "", g.run);
            Map<String, Object> before = Json.readObject(g.folder.resolve(AdapterFolder.CONFIG));
            Map<String, Object> config = Json.readObject(folder.resolve(AdapterFolder.CONFIG));
            assertThat(config).containsEntry("init_lora_weights", true);
            for (String field : new String[] {"r", "lora_alpha"}) {
                assertThat(config.get(field)).isEqualTo(2 * Integer.parseInt(String.valueOf(before.get(field))));
            }
            AdapterSet again = AdapterFolder.load(folder, g.plain, g.run);
            assertThat(again.replaced()).isEmpty();
            Teeth.bite(g.logits(again), l -> Tolerance.logits().check("converted", l, g.expected("logits")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pissa", "olora"})
    void what_is_left_of_the_base_is_the_references(String name) {
        try (GoldenAdapter g = new GoldenAdapter(name)) {
            CausalLm model = g.plain;
            g.load()
                    .replaced()
                    .forEach((weight, p) -> Tolerance.gradient(1)
                            .check(weight.path(), g.run.download(p.value()), g.expected("residual." + weight.path())));
            assertThat(g.load().replaced()).hasSizeGreaterThan(3);
            assertThat(model.weights()).isNotEmpty();
        }
    }

    /// The best approximation of rank R (Eckart & Young) leaves less than any other way to begin.
    @Test
    void pissa_leaves_the_least_of_the_base() {
        Linear layer = layer(random());
        Start exact = start();
        fresh(layer, lora(8, 16, "pissa"), exact);
        Start rough = start();
        fresh(layer, lora(8, 16, "pissa_niter_4"), rough);
        Start qr = start();
        fresh(layer, lora(8, 16, "olora"), qr);
        double least = norm(exact);
        assertThat(least).isLessThan(norm(rough)).isLessThan(norm(qr));
        assertThat(norm(rough)).isLessThan(1.05 * least);
    }

    private double norm(Start start) {
        Tensor rest = start.siblings().replaced().firstEntry().getValue().value();
        return Math.sqrt(run.reduce().sumOfSquares(rest));
    }

    @Test
    void orthogonal_factors_are_not_zero_and_their_product_is() {
        LoraLinear l = fresh(layer(random()), lora(8, 8, "orthogonal"), start());
        assertThat(run.reduce().sumOfSquares(l.a().value())).isGreaterThan(1);
        assertThat(run.reduce().sumOfSquares(l.b().value())).isGreaterThan(0.5);
        assertThat(run.reduce().sumOfSquares(l.delta(run))).isLessThan(1e-10);
        assertThatThrownBy(() -> fresh(layer(random()), lora(7, 8, "orthogonal"), start()))
                .hasMessage("lora: rank is 7, expected an even one to begin orthogonal");
    }

    /// At every scale, not at alpha = rank alone; more iterations come closer.
    @ParameterizedTest
    @ValueSource(doubles = {8, 32})
    void loftq_makes_up_for_a_part_of_the_error_of_quantisation(double alpha) {
        Tensor w = random();
        Tensor coded = Quantise.quantise(run.toHost(w, Arena.ofAuto()), DType.NF4, 64, false, Arena.ofAuto());
        Linear layer = layer(run.fromHost(coded));
        double plain = distance(w, decoded(layer.weight().param().value()));
        double one = corrected(layer, w, lora(8, alpha, "loftq"));
        double five = corrected(layer, w, lora(8, alpha, "loftq_iter_5"));
        assertThat(one).isLessThan(0.95 * plain);
        assertThat(five).isLessThan(one);
    }

    private double corrected(Linear layer, Tensor w, Lora lora) {
        Start start = start().with((_, _) -> decoded(w));
        LoraLinear l = fresh(layer, lora, start);
        Param own = start.siblings().replaced().get(layer.weight());
        Tensor base = own == null ? decoded(layer.weight().param().value()) : own.value();
        return distance(w, l.merged(base, run));
    }

    private Tensor decoded(Tensor t) {
        Tensor y = run.empty(t.shape());
        run.copy(t, y);
        return y;
    }

    /// What PiSSA leaves is smaller than the weight, and so is the error of quantising it.
    @Test
    void pissa_over_a_quantised_base_quantises_what_is_left() {
        Tensor w = run.of(Shape.of(OUT, IN), Cases.plain(7, OUT * IN, 1));
        Tensor big = run.of(Shape.of(OUT, IN), new float[OUT * IN]);
        k(w, big);
        Tensor coded = Quantise.quantise(run.toHost(w, Arena.ofAuto()), DType.NF4, 64, false, Arena.ofAuto());
        Linear layer = layer(run.fromHost(coded));
        Start start = start().with((_, _) -> decoded(w));
        LoraLinear l = fresh(layer, lora(16, 16, "pissa"), start);
        Tensor rest = start.siblings().replaced().firstEntry().getValue().value();
        assertThat(rest.dtype()).isEqualTo(DType.NF4);
        double error = distance(w, l.merged(decoded(rest), run));
        assertThat(error).isLessThan(distance(w, decoded(layer.weight().param().value())));
    }

    /// Adds a strong direction, as trained weights have.
    private void k(Tensor w, Tensor more) {
        float[] values = new float[OUT * IN];
        for (int i = 0; i < values.length; i++) values[i] = (i / IN % 5 - 2) * (i % IN % 3 - 1);
        run.upload(values, more);
        run.elementwise().axpy(2, more, w);
    }

    @Test
    void what_cannot_begin_says_why() {
        assertThatThrownBy(() -> fresh(layer(random()), lora(8, 8, "loftq"), start()))
                .hasMessage(
                        "lora: loftq at model.layers.0.q_proj, a weight of F32; expected a base quantised on loading");
        assertThatThrownBy(() -> LoraInit.parse("pizza"))
                .hasMessage(
                        "init-lora-weights: pizza, expected true, false, gaussian, orthogonal, pissa, pissa_niter_N,"
                                + " olora, loftq, loftq_iter_N, eva, corda or lora_ga");
        assertThatThrownBy(() -> fresh(layer(random()), lora(65, 8, "pissa"), start()))
                .hasMessage("lora: rank is 65, expected at most the 64 of the layer [64, 96]");
    }
}
