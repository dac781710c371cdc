package dev.gradine.models;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.LogProb.logProb;
import static dev.gradine.autograd.op.Mean.mean;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Probe;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Op;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Site;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.Trunk;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Routers, and the loss by which they choose their experts evenly, against what transformers computes.
class GoldenRoutersTest {

    private static final Pattern ROUTER = Pattern.compile(".*\\.(?<layer>\\d+)\\..*\\.(gate|router)\\.(weight|bias)");

    private final Arena arena = Arena.ofShared();
    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
        arena.close();
    }

    static List<String> balanced() {
        return List.of("mixtral", "qwen2-moe", "qwen3-moe", "qwen3-next", "olmoe", "gpt-oss");
    }

    /// A golden model whose routers are asked to choose evenly, by half of the loss.
    private CausalLm model(String name) {
        return model(name, Map.of("output_router_logits", true, "router_aux_loss_coef", 0.5));
    }

    private CausalLm model(String name, Map<String, Object> more) {
        Checkpoint c = Checkpoint.open(Golden.golden("models/" + name), List.of(), arena);
        Map<String, Object> config = new HashMap<>(c.config());
        config.putAll(more);
        return Families.builtIn().build(new ModelConfig(config), new Weights((n, _) -> c.tensor(n), run));
    }

    private Safetensors file(String path) {
        return Safetensors.open(Golden.golden("models/" + path), arena);
    }

    private double[] values(Safetensors file, String name) {
        return Cases.doubles(run.download(run.fromHost(file.tensor(name))));
    }

    private static List<int[]> rows(String name) {
        try (GoldenModel g = new GoldenModel(name)) {
            return g.tokens("input_ids");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mixtral",
                "qwen2-moe",
                "qwen3-moe",
                "qwen3-next",
                "olmoe",
                "gpt-oss",
                "deepseek-v3",
                "glm4-moe",
                "llama4"
            })
    void router_logits_are_the_references(String name) {
        Safetensors golden = file(name + "/expected.safetensors");
        Map<String, float[]> logits = routerLogits(model(name, Map.of()), rows(name));
        List<String> named =
                golden.names().stream().filter(n -> n.startsWith("router.")).toList();
        assertThat(named).isNotEmpty();
        for (String router : named) {
            float[] r = logits.getOrDefault(router, new float[0]);
            Teeth.bite(r, v -> Tolerance.logits().check(name + " " + router, v, values(golden, router)));
        }
    }

    /// What comes of each router's weight, and of its bias where there is one.
    private Map<String, float[]> routerLogits(CausalLm model, List<int[]> rows) {
        Map<String, float[]> logits = new LinkedHashMap<>();
        try (Kernels k = run.openStep()) {
            Probe probe = new Probe() {
                @Override
                public void forward(Op op, List<Var> inputs, Tensor y) {
                    for (Weight w : model.weights()) {
                        var named = ROUTER.matcher(w.path());
                        boolean isRead = inputs.stream()
                                .anyMatch(in -> in.value() == w.param().value());
                        if (isRead && named.matches()) logits.put("router." + named.group("layer"), k.download(y));
                    }
                }

                @Override
                public void backward(Op op, List<Var> inputs, Tensor dy, @Nullable Tensor[] grads) {}
            };
            Adapters all = new Learnt(model, ".*embed_tokens.weight"); // so that all layers are on the tape
            model.hidden(Pass.of(Tape.probed(k, probe), TokenBatch.of(rows)).with(all));
        }
        return logits;
    }

    @ParameterizedTest
    @MethodSource("balanced")
    void aux_loss_is_the_references(String name) {
        try (Kernels k = run.openStep()) {
            Pass pass = Pass.of(Tape.noGrad(k), TokenBatch.of(rows(name)));
            CausalLm model = model(name);
            model.hidden(pass);
            double aux = values(file(name + "/expected.safetensors"), "aux_loss")[0];
            Teeth.bite(
                    new float[] {(float) pass.balance().value()},
                    v -> Tolerance.loss().check(name, v, new double[] {aux}));
        }
    }

    @Test
    void a_model_that_is_not_asked_has_none() {
        try (Kernels k = run.openStep()) {
            Pass pass = Pass.of(Tape.noGrad(k), TokenBatch.of(rows("mixtral")));
            model("mixtral", Map.of("router_aux_loss_coef", 0.5)).hidden(pass);
            assertThat(pass.balance().isEmpty()).isTrue();
        }
    }

    @Test
    void a_beginning_that_texts_share_counts_for_each() {
        CausalLm model = model("mixtral");
        int[] all = rows("mixtral").getFirst();
        int[] start = Arrays.copyOf(all, 9);
        int[] a = Arrays.copyOfRange(all, 9, 20);
        int[] b = Arrays.copyOfRange(all, 20, 38);
        int[] other = rows("mixtral").getLast();
        var shared = TokenBatch.branching(List.of(start, a, b, other), new int[] {-1, 0, 0, -1});
        var apart = TokenBatch.of(List.of(joined(start, a), joined(start, b), other));
        Tolerance.loss().check("aux", aux(model, shared), aux(model, apart));
    }

    private static int[] joined(int[] a, int[] b) {
        return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
    }

    private double aux(CausalLm model, TokenBatch batch) {
        try (Kernels k = run.openStep()) {
            Pass pass = Pass.of(Tape.noGrad(k), batch);
            model.hidden(pass);
            return pass.balance().value();
        }
    }

    @Test
    void layers_that_several_passes_share_count_in_each() {
        CausalLm model = model("mixtral");
        TokenBatch batch = TokenBatch.of(rows("mixtral"));
        Adapters upper = new Learnt(model, "model.layers.1.block_sparse_moe.gate.weight");
        try (Kernels k = run.openStep()) {
            Trunk trunk = model.trunk(k, batch, List.of(upper));
            assertThat(trunk.layers()).isEqualTo(2);
            Pass pass = Pass.of(Tape.noGrad(k), batch).with(upper);
            model.hidden(pass, trunk);
            assertThat(pass.balance().value()).isEqualTo(aux(model, batch));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mixtral", "qwen3-moe", "gpt-oss"})
    void the_loss_with_it_and_all_gradients_are_the_references(String name) {
        Safetensors golden = file(name + "/balanced.safetensors");
        for (boolean isCheckpointed : new boolean[] {false, true}) {
            CausalLm model = model(name);
            Learnt learnt = new Learnt(model, "(.*embed_tokens.weight|.*\\.(gate|router)\\.weight)");
            Tolerance.loss().check(name, step(model, learnt, rows(name), isCheckpointed), values(golden, "loss")[0]);
            assertThat(learnt.trained).hasSize(3);
            learnt.trained.forEach((w, p) -> {
                var router = ROUTER.matcher(w.path());
                double[] expected =
                        values(golden, router.matches() ? "grad.router." + router.group("layer") : "grad_embed");
                double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
                Teeth.bite(
                        run.download(p.grad()),
                        d -> Tolerance.gradient(largest).check(name + " " + w.path(), d, expected));
            });
        }
    }

    /// Mean cross entropy of all next tokens, and the loss of the routers.
    private float step(CausalLm model, Learnt learnt, List<int[]> rows, boolean isCheckpointed) {
        int length = rows.getFirst().length;
        int[] asked = IntStream.range(0, rows.size() * length)
                .filter(i -> i % length < length - 1)
                .toArray();
        int[] targets = IntStream.of(asked)
                .map(i -> rows.get(i / length)[i % length + 1])
                .toArray();
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Pass pass = Pass.of(tape, TokenBatch.of(rows)).with(learnt).checkpointing(isCheckpointed);
            Var logits = model.head().logits(model.hidden(pass), pass);
            Var words = neg(mean(logProb(indexSelect(logits, k.ofInts(asked)), k.ofInts(targets), null)));
            Var loss = add(words, pass.balance().loss(tape));
            tape.backward(loss);
            return k.download(loss.value())[0];
        }
    }

    /// Weights that are trained, by their paths.
    private final class Learnt implements Adapters {
        final Map<Weight, Param> trained = new LinkedHashMap<>();

        Learnt(CausalLm model, String paths) {
            for (Weight w : model.weights()) {
                if (w.path().matches(paths))
                    trained.put(w, Param.trained(w.path(), w.param().value(), run));
            }
        }

        @Override
        public Param at(Weight weight) {
            return trained.getOrDefault(weight, weight.param());
        }

        @Override
        public boolean touches(Site site) {
            return site instanceof Weight w && trained.containsKey(w);
        }
    }

    @Test
    void a_coefficient_must_be_said() {
        assertThatThrownBy(() -> {
                    Map<String, Object> config = new HashMap<>();
                    config.put("output_router_logits", true);
                    config.put("router_aux_loss_coef", null);
                    Checkpoint c = Checkpoint.open(Golden.golden("models/mixtral"), List.of(), arena);
                    Map<String, Object> all = new HashMap<>(c.config());
                    all.putAll(config);
                    Families.builtIn().build(new ModelConfig(all), new Weights((n, _) -> c.tensor(n), run));
                })
                .hasMessage("config: router_aux_loss_coef is missing, expected a number, as output_router_logits is"
                        + " true");
    }

    @ParameterizedTest
    @ValueSource(strings = {"deepseek-v3", "glm4-moe", "llama4"})
    void a_family_that_has_no_such_loss_says_so(String name) {
        assertThatThrownBy(() -> model(name))
                .hasMessage("config: output_router_logits is true, expected false, the only value supported");
    }
}
