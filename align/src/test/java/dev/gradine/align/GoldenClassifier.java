package dev.gradine.align;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.io.Safetensors;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// A classifier with what transformers and PEFT compute with it.
final class GoldenClassifier implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final Safetensors expected;
    private final OpenModel open;
    private final Path folder;
    final Kernels run = CpuKernels.open();
    final Classifier model;

    /// Skips the calling test where there are no golden values.
    GoldenClassifier(String name) {
        folder = Golden.golden("classify/" + name);
        expected = Safetensors.open(folder.resolve("expected.safetensors"), arena);
        open = Models.open(folder, run);
        model = open.classifier(1);
    }

    OpenModel open() {
        return open;
    }

    AdapterSet adapter() {
        return AdapterFolder.load(folder.resolve("adapter"), model, run);
    }

    double[] expected(String name) {
        return Cases.doubles(run.download(run.fromHost(expected.tensor(name))));
    }

    boolean has(String name) {
        return expected.names().contains(name);
    }

    int[] ints(String name) {
        Tensor t = expected.tensor(name);
        return Arrays.stream(t.data().toArray(ValueLayout.JAVA_LONG_UNALIGNED))
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    /// The texts, without padding.
    TokenBatch texts() {
        return TokenBatch.of(rows("input_ids"));
    }

    /// Rows of numbers of the tokens that are attended to.
    List<int[]> rows(String name) {
        int[] all = ints(name);
        int[] mask = ints("attention_mask");
        int width = expected.tensor(name).shape().last();
        List<int[]> rows = new ArrayList<>();
        for (int from = 0; from < all.length; from += width) {
            rows.add(IntStream.range(from, from + width)
                    .filter(i -> mask[i] == 1)
                    .map(i -> all[i])
                    .toArray());
        }
        return rows;
    }

    float[] logits(Adapters adapters) {
        try (Kernels k = run.openStep()) {
            Pass pass = Pass.of(Tape.noGrad(k), texts()).with(adapters);
            return k.download(model.logits(pass).value());
        }
    }

    /// The loss of the golden labels; its gradients are left in the adapters.
    float backward(Adapters adapters, boolean isCheckpointed) {
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Pass pass = Pass.of(tape, texts()).with(adapters).checkpointing(isCheckpointed);
            Var loss = new LabelLoss(model.labels()).of(model.logits(pass), ints("labels"));
            if (loss.requiresGrad()) tape.backward(loss);
            return k.download(loss.value())[0];
        }
    }

    @Override
    public void close() {
        open.close();
        run.close();
        arena.close();
    }
}
