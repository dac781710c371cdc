package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.LogProb.logProb;
import static dev.gradine.autograd.op.Mean.mean;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.io.Safetensors;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every family: the gradient of each of its weights is the slope of the loss.
///
/// ```
/// (f(x + h d) − f(x − h d)) / 2h = |g|      d = g / |g|, of one weight at a time
/// ```
class FamilyGradientTest {

    private static final double CHANGE = 2e-3; // of the loss, far above what its rounding changes
    private static final double PART = 0.01; // of a weight's length: farther, it does not go straight on

    private final Kernels run = CpuKernels.open();

    static List<String> models() {
        try (var folders = Files.list(Golden.golden("models"))) {
            return folders.filter(Files::isDirectory)
                    .map(f -> f.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void the_gradient_of_every_weight_is_the_slope(String name) {
        Path folder = Golden.golden("models/" + name);
        try (run;
                OpenModel open = Models.open(folder, run)) {
            CausalLm model = open.model();
            TinyModel.Trained all = TinyModel.train(model, run);
            Policy policy = new Policy(model, all);
            TokenBatch tokens = TokenBatch.of(List.of(tokens(folder)));
            backward(policy, tokens);
            assertThat(all.params()).isNotEmpty().allSatisfy(p -> {
                float[] g = run.download(p.grad());
                float length = length(g);
                assertThat(length).as(p.name()).isPositive();
                float[] x = run.download(p.value());
                double h = Math.min(CHANGE / length, PART * length(x));
                double slope = (loss(policy, tokens, p, moved(x, g, h / length))
                                - loss(policy, tokens, p, moved(x, g, -h / length)))
                        / (2 * h);
                run.upload(x, p.value());
                Tolerance t = new Tolerance(1e-7 / h, 0.01, "two losses of fp32 and a curve");
                Teeth.bite(new float[] {length}, v -> t.check(name + " " + p.name(), v, new double[] {slope}));
            });
        }
    }

    /// The first text of the golden values.
    private static int[] tokens(Path folder) {
        try (Arena arena = Arena.ofConfined()) {
            var t = Safetensors.open(folder.resolve("expected.safetensors"), arena)
                    .tensor("input_ids");
            return Arrays.stream(t.data().toArray(ValueLayout.JAVA_LONG_UNALIGNED))
                    .limit(t.shape().last())
                    .mapToInt(Math::toIntExact)
                    .toArray();
        }
    }

    private void backward(Policy policy, TokenBatch tokens) {
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            tape.backward(neg(mean(logProb(policy.logits(tape, tokens), k.ofInts(next(tokens)), null))));
        }
    }

    /// To each token the one behind it, to the last the first.
    private static int[] next(TokenBatch tokens) {
        int[] ids = tokens.ids();
        return IntStream.range(0, ids.length)
                .map(i -> ids[(i + 1) % ids.length])
                .toArray();
    }

    private double loss(Policy policy, TokenBatch tokens, Param p, float[] value) {
        run.upload(value, p.value());
        int[] next = next(tokens);
        try (Kernels k = run.openStep()) {
            float[] logits = k.download(policy.logits(Tape.noGrad(k), tokens).value());
            int v = logits.length / next.length;
            double sum = 0;
            for (int i = 0; i < next.length; i++) {
                double norm = 0;
                for (int t = i * v; t < (i + 1) * v; t++) norm += Math.exp(logits[t]);
                sum += Math.log(norm) - logits[i * v + next[i]];
            }
            return sum / next.length;
        }
    }

    private static float[] moved(float[] x, float[] g, double by) {
        float[] y = new float[x.length];
        for (int i = 0; i < y.length; i++) y[i] = (float) (x[i] + by * g[i]);
        return y;
    }

    private static float length(float[] x) {
        double sum = 0;
        for (float v : x) sum += (double) v * v;
        return (float) Math.sqrt(sum);
    }
}
