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
        model = open.classifier();
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
        TokenBatch texts = TokenBatch.of(rows("input_ids"));
        return has("token_type_ids") ? texts.typed(rows("token_type_ids")) : texts;
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

    /// Values of the tokens that are attended to.
    double[] attended(String name) {
        double[] all = expected(name);
        int[] mask = ints("attention_mask");
        int width = all.length / mask.length;
        return IntStream.range(0, all.length)
                .filter(i -> mask[i / width] == 1)
                .mapToDouble(i -> all[i])
                .toArray();
    }

    float[] hidden() {
        try (Kernels k = run.openStep()) {
            return k.download(model.hidden(Pass.of(Tape.noGrad(k), texts())).value());
        }
    }

    float[] logits(Adapters adapters) {
        return logits(texts(), adapters);
    }

    /// Logits of texts that each have a pass of their own.
    float[] alone() {
        List<int[]> texts = rows("input_ids");
        float[] all = new float[0];
        for (int s = 0; s < texts.size(); s++) {
            TokenBatch one = TokenBatch.of(List.of(texts.get(s)));
            if (has("token_type_ids"))
                one = one.typed(List.of(rows("token_type_ids").get(s)));
            float[] z = logits(one, Adapters.NONE);
            all = Arrays.copyOf(all, all.length + z.length);
            System.arraycopy(z, 0, all, all.length - z.length, z.length);
        }
        return all;
    }

    private float[] logits(TokenBatch texts, Adapters adapters) {
        try (Kernels k = run.openStep()) {
            return k.download(
                    model.logits(Pass.of(Tape.noGrad(k), texts).with(adapters)).value());
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
