package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// DoRA against the paper's formula in double. What holds of every method is in `MethodContractTest`.
class DoraTest {

    private static final int IN = 5;
    private static final int OUT = 3;
    private static final int RANK = 2;
    private static final int ROWS = 4;

    private final Kernels run = CpuKernels.open();
    private final Linear base = new Linear("layer", weight("weight", OUT, IN), weight("bias", OUT));

    @AfterEach
    void close() {
        run.close();
    }

    private Weight weight(String name, int... dims) {
        Shape shape = Shape.of(dims);
        float[] values = Cases.plain(name.hashCode(), shape.size(), 1);
        return new Weight("layer." + name, Param.frozen(name, run.of(shape, values)));
    }

    private LinearAdapter adapter(float dropout) {
        Method dora = new Dora(Lora.of(RANK, 3).dropping(dropout));
        Start start = new Start(run, new SplittableRandom(1), 4, Start.NO_TOKENIZER);
        Adapter a = dora.fresh(base, start);
        int seed = 20;
        for (Param p : a.params().values()) {
            Tensor t = p.value();
            run.elementwise().axpy(1, run.of(t.shape(), Cases.plain(seed++, t.size(), 0.5f)), t);
        }
        return (LinearAdapter) a;
    }

    private double[] values(Adapter a, String name) {
        return Cases.doubles(run.download(param(a, name).value()));
    }

    private static Param param(Adapter a, String name) {
        return a.params().entrySet().stream()
                .filter(e -> e.getKey().equals(name))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    private double[] base(Weight w) {
        return Cases.doubles(run.download(w.param().value()));
    }

    /// y = (x − x′) Wᵀ + m ∘ (x′ Vᵀ) / ‖V‖ + b with V = W + s B A.
    private double[] paper(Adapter adapter, double[] x, double[] left) {
        double[] w = base(base.weight());
        double[] b = base(base.bias());
        double[] m = values(adapter, "lora_magnitude_vector");
        double[] y = new double[ROWS * OUT];
        for (int o = 0; o < OUT; o++) {
            double[] v = row(adapter, w, o);
            double length = Math.sqrt(dot(v, 0, v, 0));
            for (int n = 0; n < ROWS; n++) {
                double lost = dot(x, n * IN, w, o * IN) - dot(left, n * IN, w, o * IN);
                y[n * OUT + o] = lost + m[o] * dot(left, n * IN, v, 0) / length + b[o];
            }
        }
        return y;
    }

    private double[] row(Adapter adapter, double[] w, int o) {
        double[] a = values(adapter, "lora_A.weight");
        double[] b = values(adapter, "lora_B.weight");
        double[] v = new double[IN];
        for (int i = 0; i < IN; i++) {
            v[i] = w[o * IN + i];
            for (int r = 0; r < RANK; r++) v[i] += 1.5 * b[o * RANK + r] * a[r * IN + i];
        }
        return v;
    }

    private static double dot(double[] a, int fromA, double[] b, int fromB) {
        double sum = 0;
        for (int i = 0; i < IN; i++) sum += a[fromA + i] * b[fromB + i];
        return sum;
    }

    private float[] output(LinearAdapter a, float[] x, boolean training) {
        try (Kernels k = run.openStep()) {
            Pass pass = Pass.of(Tape.noGrad(k));
            Var in = pass.tape().constant(k.of(Shape.of(ROWS, IN), x));
            return k.download(
                    a.apply(base, in, training ? pass.training(9) : pass).value());
        }
    }

    @Test
    void it_computes_the_papers_formula() {
        LinearAdapter a = adapter(0.25f);
        float[] x = Cases.plain(3, ROWS * IN, 1);
        double[] expected = paper(a, Cases.doubles(x), Cases.doubles(x));
        Tolerance tolerance = Tolerance.dot(IN, 2, 2).times(4);
        Teeth.bite(output(a, x, false), y -> tolerance.check("y", y, expected));
    }

    @Test
    void in_training_the_adapter_reads_what_dropout_left() {
        LinearAdapter a = adapter(0.25f);
        float[] x = Cases.plain(3, ROWS * IN, 1);
        Tensor left = run.of(Shape.of(ROWS, IN), x);
        run.dropout().apply(left, 0.25f, LoraLinear.seed(9, 4), left);
        double[] expected = paper(a, Cases.doubles(x), Cases.doubles(run.download(left)));
        Tolerance tolerance = Tolerance.dot(IN, 2, 2).times(4);
        Teeth.bite(output(a, x, true), y -> tolerance.check("y", y, expected));
        assertThat(output(a, x, true)).isNotEqualTo(output(a, x, false));
    }

    @Test
    void magnitudes_begin_as_the_lengths_of_the_rows() {
        Method dora = new Dora(Lora.of(RANK, 3));
        Adapter a = dora.fresh(base, new Start(run, new SplittableRandom(1), 0, Start.NO_TOKENIZER));
        double[] w = base(base.weight());
        double[] lengths = new double[OUT];
        for (int o = 0; o < OUT; o++) lengths[o] = Math.sqrt(dot(w, o * IN, w, o * IN));
        float[] m = run.download(param(a, "lora_magnitude_vector").value());
        Teeth.bite(m, x -> Tolerance.dot(IN, 1, 1).check("m", x, lengths));
    }

    @Test
    void peft_tells_it_from_lora_by_one_field() {
        Map<String, Object> json = Map.of("peft_type", "LORA", "use_dora", true, "r", 4, "target_modules", "q_proj");
        assertThat(AdapterConfig.read(json, "x").method()).isEqualTo(new Dora(Lora.of(4, 8)));
    }

    @Test
    void the_references_adapters_of_this_method_are_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("dora", "dora-rslora", "dora-embedding");
    }
}
