package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.square;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.Functions.tanh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Mean;
import dev.gradine.autograd.op.Reshape;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Adapters over convolutions compute what the reference computes: `conv4(tanh(conv3(tanh(conv2(tanh(conv1(x)))))))`.
class GoldenConvolutionTest {

    @TempDir
    Path folder;

    private static final class Net implements Model, AutoCloseable {

        private final Arena arena = Arena.ofShared();
        private final Kernels run = CpuKernels.open();
        private final Path golden;
        private final Safetensors expected;
        private final List<Convolution> layers = new ArrayList<>();

        Net(String name) {
            golden = Golden.golden("peft-conv/" + name);
            expected = Safetensors.open(golden.resolve("expected.safetensors"), arena);
            Safetensors base = Safetensors.open(golden.resolveSibling("base.safetensors"), arena);
            Axis twice = new Axis(2, 1, 1);
            Axis once = new Axis(1, 1, 1);
            layers.add(layer(base, "conv1", Windows.square(1, 1)));
            layers.add(layer(base, "conv2", new Windows(twice, twice, 1)));
            layers.add(layer(base, "conv3", Windows.square(1, 0)));
            layers.add(layer(base, "conv4", new Windows(once, once, 2)));
        }

        private Convolution layer(Safetensors base, String path, Windows windows) {
            return new Convolution(path, weight(base, path + ".weight"), weight(base, path + ".bias"), windows);
        }

        private Weight weight(Safetensors base, String path) {
            return new Weight(path, Param.frozen(path, run.fromHost(base.tensor(path))));
        }

        @Override
        public List<Linear> linears() {
            return List.of();
        }

        @Override
        public List<Convolution> convolutions() {
            return layers;
        }

        @Override
        public List<Embedding> embeddings() {
            return List.of();
        }

        @Override
        public List<Weight> weights() {
            return layers.stream()
                    .flatMap(l -> List.of(l.weight(), l.bias()).stream())
                    .toList();
        }

        AdapterSet load() {
            return AdapterFolder.load(golden.resolve("adapter"), this, run);
        }

        double[] expected(String name) {
            return Cases.doubles(run.download(run.fromHost(expected.tensor(name))));
        }

        Var output(Pass pass) {
            Var h = pass.tape().constant(run.fromHost(expected.tensor("x")));
            for (Convolution layer : layers) h = layer.forward(layer == layers.getFirst() ? h : tanh(h), pass);
            return h;
        }

        float[] output(Adapters adapters) {
            try (Kernels k = run.openStep()) {
                return k.download(output(Pass.of(Tape.noGrad(k)).with(adapters)).value());
            }
        }

        double backward(AdapterSet m) {
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.recording(k);
                Var y = output(Pass.of(tape).with(m));
                Var error = square(sub(y, tape.constant(run.fromHost(expected.tensor("target")))));
                Var loss = Mean.mean(Reshape.reshape(error, error.value().size()));
                tape.backward(loss);
                return k.download(loss.value())[0];
            }
        }

        double loss() {
            Object losses = Json.readObject(golden.resolve("expected.json")).get("losses");
            return losses instanceof List<?> all && all.getFirst() instanceof Number n ? n.doubleValue() : Double.NaN;
        }

        @Override
        public void close() {
            run.close();
            arena.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora", "lora-merge", "dora", "loha", "loha-cp", "lokr", "lokr-cp", "hra", "ia3", "boft"})
    void outputs_loss_and_gradients_are_the_references(String name) {
        try (Net net = new Net(name)) {
            AdapterSet m = net.load();
            double[] y = net.expected("y");
            Teeth.bite(net.output(m), d -> Tolerance.logits().check("y", d, y));
            Tolerance.loss().check("loss", net.backward(m), net.loss());
            m.trained().forEach((key, p) -> {
                if (name.equals("loha-cp") && isWrongThere(key)) return;
                double[] expected = net.expected("grad." + key);
                double largest = 0;
                for (double e : expected) largest = Math.max(largest, Math.abs(e));
                Tolerance.gradient(largest).check(key, net.run.download(p.grad()), expected);
            });
        }
    }

    /// The reference's own backward pass of LoHa with factors of windows takes factors of the other matrix (PEFT
    /// 0.21.2): the slope of `hada_w1_a` has `t2` in it. `MethodContractTest` compares ours with differences.
    private static boolean isWrongThere(String key) {
        return key.equals("base_model.model.conv2.hada_w1_a") || key.equals("base_model.model.conv2.hada_w2_a");
    }

    /// The reference's OFT sums overlapping windows before the convolution, which is not what it merges; ours is what
    /// both merge.
    @ParameterizedTest
    @ValueSource(strings = {"lora-merge", "dora", "loha", "loha-cp", "lokr", "lokr-cp", "hra", "ia3", "boft", "oft"})
    void merged_weights_are_the_references_and_compute_the_same(String name) {
        try (Net net = new Net(name)) {
            AdapterSet m = net.load();
            for (Weight w : net.weights()) {
                if (!Merge.changes(m, w) || w.path().endsWith("bias")) continue;
                float[] merged = net.run.download(Merge.merged(m, w, net.run));
                Tolerance.logits().check(w.path(), merged, net.expected("merged." + w.path()));
            }
            Tolerance.logits().check("merged", net.output(m.merged(net.run)), Cases.doubles(net.output(m)));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"lora", "lora-merge", "dora", "loha", "loha-cp", "lokr", "lokr-cp", "hra", "ia3", "boft", "oft"})
    void what_we_write_has_the_references_shapes_and_reads_back(String name) {
        try (Net net = new Net(name);
                Arena arena = Arena.ofConfined()) {
            AdapterSet m = net.load();
            AdapterFolder.save(m, folder, "base", net.run);
            Safetensors own = Safetensors.open(folder.resolve("adapter_model.safetensors"), arena);
            Safetensors other = Safetensors.open(net.golden.resolve("adapter/adapter_model.safetensors"), arena);
            assertThat(own.names()).containsExactlyInAnyOrderElementsOf(other.names());
            for (String tensor : own.names()) {
                assertThat(own.tensor(tensor).shape())
                        .isEqualTo(other.tensor(tensor).shape());
            }
            float[] y = net.output(AdapterFolder.load(folder, net, net.run));
            assertThat(y).isEqualTo(net.output(m));
        }
    }

    @Test
    void what_cannot_be_is_told() {
        try (Net net = new Net("lora")) {
            AdapterSet lora = net.load();
            assertThatThrownBy(() -> lora.merged(net.run))
                    .isInstanceOf(AdapterException.class)
                    .hasMessageStartingWith("merge: conv4 has 2 groups of channels and its adapter reads all of them");
            assertThatThrownBy(() -> TogetherAdapters.of(List.of(lora, net.load())))
                    .isInstanceOf(AdapterException.class)
                    .hasMessageContaining("lora cannot act on conv1 beside another adapter");
            assertThatThrownBy(() -> RowAdapters.of(List.of(lora, Adapters.NONE)))
                    .isInstanceOf(AdapterException.class)
                    .hasMessageContaining("lora adapts convolutions, which cannot differ from row to row");
            assertThatThrownBy(() -> fresh(net, Hra.defaults(), "conv4"))
                    .isInstanceOf(AdapterException.class)
                    .hasMessageContaining("conv4 has 2 groups of channels, expected one");
            assertThatThrownBy(() -> fresh(net, Lora.of(3, 3), "conv4"))
                    .isInstanceOf(AdapterException.class)
                    .hasMessageContaining("rank is 3 at conv4, expected a multiple of its 2 groups");
        }
    }

    private static AdapterSet fresh(Net net, Method method, String target) {
        return AdapterSet.fresh(net, method, Selection.of(target), net.run, new SplittableRandom(1));
    }
}
