package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.LogProb.logProb;
import static dev.gradine.autograd.op.Mean.mean;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.Json;
import dev.gradine.io.LayerCopies;
import dev.gradine.io.Safetensors;
import dev.gradine.models.Families;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// An adapter that the reference implementation wrote, over its base, with what the reference computes.
final class GoldenAdapter implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final Checkpoint base;
    private final Safetensors expected;
    final Kernels run = CpuKernels.open();
    final CausalLm plain;
    final Path folder;
    final Path golden;

    /// Skips the calling test where there are no golden values.
    GoldenAdapter(String name) {
        golden = Golden.golden("peft/" + name);
        folder = golden.resolve("adapter");
        Path own = golden.resolve("base");
        Path used = Files.exists(own) ? own : Golden.golden("peft/base");
        base = Checkpoint.open(used, List.of(), arena).with(copies());
        plain = model(Map.of());
        expected = Safetensors.open(golden.resolve("expected.safetensors"), arena);
    }

    private LayerCopies copies() {
        if (!Files.exists(folder)) return LayerCopies.NONE;
        return AdapterFolder.config(folder).method().replication().copies();
    }

    AdapterSet load() {
        return AdapterFolder.load(folder, plain, run);
    }

    /// The base, some of its weights replaced.
    CausalLm model(Map<String, Tensor> replaced) {
        Weights.Source source = (n, _) -> replaced.containsKey(n) ? replaced.get(n) : base.tensor(n);
        return Families.builtIn().build(new ModelConfig(base.config()), new Weights(source, run));
    }

    /// The base with the adapters merged into its weights.
    CausalLm merged(AdapterSet m) {
        Map<String, Tensor> replaced = new HashMap<>();
        for (Weight w : m.model().weights()) {
            if (Merge.changes(m, w)) replaced.put(w.path(), Merge.merged(m, w, run));
        }
        return model(replaced);
    }

    boolean has(String name) {
        return expected.names().contains(name);
    }

    /// The first of two that there is.
    double[] expected(String name, String otherwise) {
        return expected(has(name) ? name : otherwise);
    }

    double[] expected(String name) {
        return Cases.doubles(run.download(run.fromHost(expected.tensor(name))));
    }

    double lossBefore() {
        return losses().getFirst();
    }

    /// After all steps.
    double lossAfter() {
        return losses().getLast();
    }

    private List<Double> losses() {
        Object losses = Json.readObject(golden.resolve("expected.json")).get("losses");
        if (!(losses instanceof List<?> all)) throw new AssertionError("golden: no losses in " + golden);
        return all.stream()
                .map(l -> l instanceof Number n ? n.doubleValue() : Double.NaN)
                .toList();
    }

    /// A gradient in the form that a file has the value in.
    float[] stored(Method method, String name, Tensor grad) {
        if (!method.packs(name, grad.shape())) return run.download(grad);
        Tensor packed = method.packed(name, grad, run, arena).get(name);
        return run.download(packed == null ? grad : packed);
    }

    float[] logits(CausalLm model) {
        return TinyModel.logits(Policy.of(model), run, tokens("input_ids"));
    }

    /// Logits of the base with `adapters`.
    float[] logits(Adapters adapters) {
        return TinyModel.logits(new Policy(plain, adapters), run, tokens("input_ids"));
    }

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

    /// Mean cross entropy of the labelled tokens; its gradients are left in the adapters.
    double backward(AdapterSet m) {
        List<int[]> labels = tokens("labels");
        List<Integer> rows = new ArrayList<>();
        List<Integer> targets = new ArrayList<>();
        for (int s = 0, start = 0; s < labels.size(); start += labels.get(s++).length) {
            for (int t = 1; t < labels.get(s).length; t++) {
                if (labels.get(s)[t] < 0) continue;
                rows.add(start + t - 1);
                targets.add(labels.get(s)[t]);
            }
        }
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Pass pass = Pass.of(tape, TokenBatch.of(tokens("input_ids"))).with(m);
            Var hidden = plain.hidden(pass);
            Var h = indexSelect(hidden, k.ofInts(rows.stream().mapToInt(i -> i).toArray()));
            Tensor ids = k.ofInts(targets.stream().mapToInt(i -> i).toArray());
            Var loss = scale(mean(logProb(plain.head().logits(h, pass), ids, null)), -1);
            tape.backward(loss);
            return k.download(loss.value())[0];
        }
    }

    @Override
    public void close() {
        run.close();
        arena.close();
    }
}
