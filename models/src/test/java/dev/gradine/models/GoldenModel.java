package dev.gradine.models;

import dev.gradine.autograd.Tape;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Golden;
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
        Path folder = Golden.golden("models/" + name);
        open = Models.open(folder, run);
        model = open.model();
        expected = Safetensors.open(folder.resolve("expected.safetensors"), arena);
    }

    float[] floats(String name) {
        return run.download(run.fromHost(expected.tensor(name)));
    }

    /// Logits of every position of the packed sequences.
    float[] logits(List<int[]> sequences) {
        try (Kernels k = run.openStep()) {
            return k.download(Policy.of(model)
                    .logits(Tape.noGrad(k), TokenBatch.of(sequences))
                    .value());
        }
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
