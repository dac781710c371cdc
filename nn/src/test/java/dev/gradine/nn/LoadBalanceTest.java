package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Mean.mean;
import static dev.gradine.autograd.op.SliceRows.sliceRows;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The loss of two routers over texts of which two begin alike, against its formula.
class LoadBalanceTest {

    private static final int E = 5;
    private static final int K = 2;
    private static final float C = 0.7f;
    private static final int[] TEXTS = {2, 2, 1, 1, 1, 1}; // a beginning of two tokens that two texts have
    private static final TokenBatch BATCH =
            TokenBatch.branching(List.of(new int[2], new int[1], new int[2], new int[1]), new int[] {-1, 0, 0, -1});

    private final Kernels run = CpuKernels.open();
    private final float[] r = Cases.plain(5, 2 * TEXTS.length * E, 2); // of the first layer, then of the second
    private final float[] dy = Cases.plain(6, r.length, 1);

    @AfterEach
    void close() {
        run.close();
    }

    private Router router(String name) {
        Weight w = new Weight(name, Param.frozen(name, run.zeros(Shape.of(E, 1))));
        return new Router(w, null, RouterRules.Scores.SIGMOID, new RouterRules.Best(K), RouterRules.Shares.PLAIN, C);
    }

    /// c · E · Σ_e f_e P_e, and a mean that stands for the rest of a model's loss.
    private double loss(double[] logits) {
        double[] f = new double[E];
        double[] p = new double[E];
        double all = 0;
        double rest = 0;
        for (int row = 0; row < logits.length / E; row++) {
            int weight = TEXTS[row % TEXTS.length];
            double sum = 0;
            for (int e = 0; e < E; e++) sum += Math.exp(logits[row * E + e]);
            for (int e = 0; e < E; e++) {
                int larger = 0;
                for (int o = 0; o < E; o++) if (logits[row * E + o] > logits[row * E + e]) larger++;
                if (larger < K) f[e] += weight;
                p[e] += weight * Math.exp(logits[row * E + e]) / sum;
                rest += logits[row * E + e] * dy[row * E + e] / logits.length;
            }
            all += weight;
        }
        double aux = 0;
        for (int e = 0; e < E; e++) aux += f[e] / all * p[e] / all;
        return rest + C * E * aux;
    }

    @Test
    void loss_and_gradient_are_those_of_the_formula() {
        int half = r.length / 2;
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Var all = tape.leaf(k.of(Shape.of(2 * TEXTS.length, E), r));
            LoadBalance balance = Pass.of(tape, BATCH).balance();
            Var first = balance.noted(router("a"), sliceRows(all, 0, half / E), BATCH);
            Var second = balance.noted(router("b"), sliceRows(all, half / E, 2 * half / E), BATCH);
            Var rest = scale(add(weighted(first, 0), weighted(second, half)), 0.5f);
            Var loss = add(rest, balance.loss(tape));
            tape.backward(loss);
            double[] at = Cases.doubles(r);
            Teeth.bite(
                    k.download(loss.value()),
                    v -> Tolerance.sum(r.length, 2).check("loss", v, new double[] {loss(at)}));
            double[] slope = FiniteDifference.of(this::loss, at);
            Teeth.bite(k.download(all.grad()), d -> Tolerance.slope(0.1, 8).check("dr", d, slope));
        }
    }

    private Var weighted(Var x, int from) {
        float[] w = new float[x.value().size()];
        System.arraycopy(dy, from, w, 0, w.length);
        return mean(mul(x, x.tape().constant(x.tape().kernels().of(x.shape(), w))));
    }
}
