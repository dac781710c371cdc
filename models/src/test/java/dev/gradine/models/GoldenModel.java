package dev.gradine.models;

import dev.gradine.autograd.Tape;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// A small checkpoint with what the reference implementation computes from it.
final class GoldenModel implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    final Kernels run = CpuKernels.open();
    final OpenModel open;
    final CausalLm model;
    private final Safetensors expected;

    /// Skips the calling test where there are no golden values.
    GoldenModel(String name) {
        this(Golden.golden("models/" + name), Golden.golden("models/" + name));
    }

    /// @param file the checkpoint, or its folder
    /// @param folder of the expected values
    GoldenModel(Path file, Path folder) {
        open = Models.open(file, run);
        model = open.model();
        expected = Safetensors.open(folder.resolve("expected.safetensors"), arena);
    }

    /// Fails unless the logits of the golden tokens are the golden ones.
    void assertLogits(String name) {
        double[] golden = Cases.doubles(floats("logits"));
        Teeth.bite(logits(tokens("input_ids")), l -> Tolerance.logits().check(name, l, golden));
    }

    float[] floats(String name) {
        return run.download(run.fromHost(expected.tensor(name)));
    }

    boolean has(String name) {
        return expected.names().contains(name);
    }

    /// Logits of every position of the packed sequences.
    float[] logits(List<int[]> sequences) {
        return logits(TokenBatch.of(sequences));
    }

    /// Logits of every token of a batch.
    float[] logits(TokenBatch batch) {
        try (Kernels k = run.openStep()) {
            return k.download(Policy.of(model).logits(Tape.noGrad(k), batch).value());
        }
    }

    /// Log-probability of `text` behind `prompt`, by one pass over both.
    double logProb(int[] prompt, int[] text) {
        int[] all = IntStream.concat(IntStream.of(prompt), IntStream.of(text)).toArray();
        float[] logits = logits(List.of(all));
        int v = model.vocabSize();
        double sum = 0;
        for (int i = 0; i < text.length; i++) {
            int from = (prompt.length + i - 1) * v;
            double norm = 0;
            for (int t = from; t < from + v; t++) norm += Math.exp(logits[t]);
            sum += logits[from + text[i]] - Math.log(norm);
        }
        return sum;
    }

    /// The rows of a matrix of token numbers.
    List<int[]> tokens(String name) {
        Tensor t = expected.tensor(name);
        int width = t.shape().last();
        int[] all = Arrays.stream(t.data().toArray(ValueLayout.JAVA_LONG_UNALIGNED))
                .mapToInt(Math::toIntExact)
                .toArray();
        return IntStream.range(0, t.shape().rows())
                .mapToObj(r -> Arrays.copyOfRange(all, r * width, (r + 1) * width))
                .toList();
    }

    @Override
    public void close() {
        open.close();
        run.close();
        arena.close();
    }
}
