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
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every family: the gradient of each of its weights is the slope of the loss.
///
/// ```
/// (f(x + h d) − f(x − h d)) / 2h = |g|      d = g / |g|, of one weight at a time
/// ```
class FamilyGradientTest {

    private static final double[] CHANGES = {2e-3, 2e-4, 2e-5}; // of the loss
    private static final double PART = 0.02; // of a weight's length: farther, the loss does not go straight on
    private static final double ROUNDING = 2e-8; // of a loss
    private static final double SLOPE = 0.004; // how far differences may be from the gradient, a part of it

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
            TinyModel.Trained all = copies(model);
            Policy policy = new Policy(model, all);
            TokenBatch tokens = TokenBatch.of(List.of(tokens(folder)));
            backward(policy, tokens);
            assertThat(all.params()).isNotEmpty().allSatisfy(p -> {
                float[] g = run.download(p.grad());
                float[] x = run.download(p.value());
                float length = length(g);
                if (length == 0) assertFlat(policy, tokens, p, x);
                else assertSlope(policy, tokens, p, x, g);
                run.upload(x, p.value());
            });
        }
    }

    /// A long step leaves the straight line, and may send tokens to other experts, where the loss jumps; in a short one
    /// rounding is seen. A wrong gradient is the slope of none.
    private void assertSlope(Policy policy, TokenBatch tokens, Param p, float[] x, float[] g) {
        float length = length(g);
        double best = Double.POSITIVE_INFINITY;
        double allowed = 0;
        for (double change : CHANGES) {
            double h = Math.min(change / length, PART * length(x));
            double slope = (loss(policy, tokens, p, moved(x, g, h / length))
                            - loss(policy, tokens, p, moved(x, g, -h / length)))
                    / (2 * h);
            double off = Math.abs(slope - length) - ROUNDING / h;
            if (off >= best) continue;
            best = off;
            allowed = SLOPE * length;
        }
        assertThat(best).as("%s: |g| = %s", p.name(), length).isLessThan(allowed);
    }

    /// What has no gradient does not change the loss: an expert that no token was sent to, or a bias that only chooses.
    private void assertFlat(Policy policy, TokenBatch tokens, Param p, float[] x) {
        double change = loss(policy, tokens, p, moved(x, x, 1e-4)) - loss(policy, tokens, p, x);
        assertThat(change).as(p.name()).isZero();
    }

    /// Trained copies of all weights: those of the file are mapped, and cannot be moved.
    private TinyModel.Trained copies(CausalLm model) {
        SequencedMap<Weight, Param> all = new LinkedHashMap<>();
        for (Weight w : model.weights()) {
            Tensor own = run.emptyLike(w.param().value());
            run.upload(run.download(w.param().value()), own);
            all.put(w, Param.trained(w.path(), own, run));
        }
        return new TinyModel.Trained(all);
    }

    /// The last text of the golden values: behind the first, a token of Mixtral's has two experts all but equal.
    private static int[] tokens(Path folder) {
        try (Arena arena = Arena.ofConfined()) {
            var t = Safetensors.open(folder.resolve("expected.safetensors"), arena)
                    .tensor("input_ids");
            return Arrays.stream(t.data().toArray(ValueLayout.JAVA_LONG_UNALIGNED))
                    .skip(t.shape().size() - t.shape().last())
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
