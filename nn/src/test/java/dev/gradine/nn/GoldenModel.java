package dev.gradine.nn;

import dev.gradine.autograd.Tape;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.Safetensors;
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
    final Llama model;
    private final Safetensors expected;

    /// Skips the calling test where there are no golden values.
    GoldenModel(String name) {
        Path folder = Golden.golden("models/" + name);
        Checkpoint checkpoint = Checkpoint.open(folder, arena);
        model = new Llama(LlamaConfig.of(checkpoint.config()), checkpoint::tensor, run);
        expected = Safetensors.open(folder.resolve("expected.safetensors"), arena);
    }

    float[] floats(String name) {
        return run.download(run.fromHost(expected.tensor(name)));
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

    /// Logits of every position of the packed sequences.
    static float[] logits(Llama model, Kernels run, List<int[]> sequences) {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.forgetting(k);
            return k.download(
                    Policy.of(model).logits(t, TokenBatch.of(sequences)).value());
        }
    }

    /// Logits of every position of one sequence that is read through a cache in pieces of the given length.
    static float[] cachedLogits(Llama model, Kernels run, int[] ids, int piece) {
        float[] all = new float[ids.length * model.vocabSize()];
        try (Kernels k = run.openStep()) {
            KvCache cache = model.newCache(k, ids.length);
            for (int at = 0; at < ids.length; at += piece) {
                try (Kernels scratch = k.openStep()) {
                    int[] part = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + piece));
                    Pass pass = Pass.continuing(Tape.forgetting(scratch), part, cache);
                    float[] logits = scratch.download(
                            model.head().forward(model.hidden(pass), pass).value());
                    System.arraycopy(logits, 0, all, at * model.vocabSize(), logits.length);
                }
            }
        }
        return all;
    }

    @Override
    public void close() {
        run.close();
        arena.close();
    }
}
