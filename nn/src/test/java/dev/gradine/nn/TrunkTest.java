package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Functions;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// How far up a model computes what the checkpoint does, and that stopping there changes nothing.
class TrunkTest {

    private static final TokenBatch BATCH = TokenBatch.of(List.of(new int[] {3, 30, 0, 36}, new int[] {1, 2, 3}));

    private final Kernels run = CpuKernels.open();
    private final Decoder model = TinyLlama.of(run);

    @AfterEach
    void close() {
        run.close();
    }

    private Linear linear(String end) {
        return model.linears().stream()
                .filter(l -> l.path().endsWith(end))
                .findFirst()
                .orElseThrow();
    }

    private Weight weight(String end) {
        return model.weights().stream()
                .filter(w -> w.path().endsWith(end))
                .findFirst()
                .orElseThrow();
    }

    private static Adapters base(Linear layer) {
        return GivenAdapters.of(layer, Linear::base);
    }

    private Adapters copy(Weight weight) {
        return GivenAdapters.of(
                weight, Param.frozen(weight.path(), weight.param().value()));
    }

    private int layers(Adapters... users) {
        try (Kernels k = run.openStep()) {
            return model.trunk(k, BATCH, List.of(users)).layers();
        }
    }

    private float[] hidden(Adapters adapters, boolean whole) {
        try (Kernels k = run.openStep()) {
            Trunk trunk = whole ? Trunk.empty(model, BATCH) : model.trunk(k, BATCH, List.of(adapters));
            Pass pass = new Policy(model, adapters).pass(Tape.noGrad(k), BATCH);
            return k.download(model.hidden(pass, trunk).value());
        }
    }

    @Test
    void it_ends_below_the_first_block_that_is_adapted_or_trained() {
        assertThat(layers(Adapters.NONE)).isEqualTo(3);
        for (int block = 1; block >= 0; block--) {
            assertThat(layers(base(linear(block + ".mlp.down_proj")))).isEqualTo(block + 1);
            for (String name : List.of("post_attention_layernorm.weight", "self_attn.q_proj.weight")) {
                assertThat(layers(copy(weight(block + "." + name)))).isEqualTo(block + 1);
            }
        }
        assertThat(layers(copy(weight("model.norm.weight")))).isEqualTo(3);
    }

    @Test
    void it_ends_below_the_lowest_layer_that_one_of_several_touches() {
        Adapters upper = base(linear("1.self_attn.v_proj"));
        Adapters lower = base(linear("0.self_attn.v_proj"));
        assertThat(layers(upper, Adapters.NONE)).isEqualTo(2);
        assertThat(layers(upper, lower)).isEqualTo(1);
        assertThat(layers(lower, upper)).isEqualTo(1);
        assertThat(layers()).isZero();
    }

    @Test
    void a_bias_belongs_to_its_layer() {
        Decoder biased = TinyLlama.of(run, Map.of("mlp_bias", true));
        Linear up = biased.linears().stream()
                .filter(l -> l.path().endsWith("1.mlp.up_proj"))
                .findFirst()
                .orElseThrow();
        try (Kernels k = run.openStep()) {
            assertThat(biased.trunk(k, BATCH, List.of(copy(up.bias()))).layers())
                    .isEqualTo(2);
        }
    }

    @Test
    void a_trained_embedding_leaves_none() {
        Weight e = weight("embed_tokens.weight");
        Adapters trained = GivenAdapters.of(e, Param.trained(e.path(), e.param().value(), run));
        try (Kernels k = run.openStep()) {
            Trunk trunk = model.trunk(k, BATCH, List.of(trained));
            assertThat(trunk.layers()).isZero();
            assertThatThrownBy(trunk::hidden)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("trunk: no layer is common, so there are no hidden states");
            Pass pass = Pass.of(Tape.recording(k), BATCH).with(trained);
            assertThat(model.hidden(pass).requiresGrad()).isTrue();
        }
    }

    @Test
    void going_on_from_it_gives_the_bits_of_the_whole_pass() {
        assertThat(hidden(Adapters.NONE, false)).isEqualTo(hidden(Adapters.NONE, true));
        Adapters scaled =
                GivenAdapters.of(linear("1.mlp.up_proj"), (base, x, pass) -> Functions.scale(base.base(x, pass), 1.5f));
        assertThat(layers(scaled)).isEqualTo(2);
        assertThat(hidden(scaled, false)).isEqualTo(hidden(scaled, true)).isNotEqualTo(hidden(Adapters.NONE, true));
    }

    @Test
    void it_knows_its_model_and_its_batch() {
        try (Kernels k = run.openStep()) {
            for (Trunk trunk :
                    List.of(model.trunk(k, BATCH, List.of(Adapters.NONE)), model.trunk(k, BATCH, List.of()))) {
                assertThat(trunk.model()).isSameAs(model);
                assertThat(trunk.batch()).isSameAs(BATCH);
            }
        }
    }

    @Test
    void one_from_below_another_adapter_is_refused() {
        try (Kernels k = run.openStep()) {
            Trunk trunk = model.trunk(k, BATCH, List.of(Adapters.NONE));
            Pass pass = Pass.of(Tape.noGrad(k), BATCH).with(base(linear("0.mlp.up_proj")));
            assertThatThrownBy(() -> model.hidden(pass, trunk))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("trunk: 3 layers, expected at most 1"
                            + " (the lowest that the adapters of the pass do not touch)");
        }
    }

    @Test
    void one_of_another_model_or_batch_is_refused() {
        TokenBatch equal = TokenBatch.of(List.of(new int[] {3, 30, 0, 36}, new int[] {1, 2, 3}));
        try (Kernels k = run.openStep()) {
            Trunk trunk = model.trunk(k, BATCH, List.of(Adapters.NONE));
            Decoder other = TinyLlama.of(run);
            assertThatThrownBy(() -> other.hidden(Pass.of(Tape.noGrad(k), BATCH), trunk))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("trunk: of another model, expected one of this model");
            assertThatThrownBy(() -> model.hidden(Pass.of(Tape.noGrad(k), equal), trunk))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("trunk: of another batch, expected that of the pass");
        }
    }

    /// What reaches each linear layer of a block carries a gradient from the block's first adapter on.
    @Test
    void no_gradient_flows_below_the_lowest_adapter() {
        List<String> tracked = new ArrayList<>();
        Param a = Param.trained("a", run.zeros(Shape.of(24, 24)), run);
        GivenAdapters watching = new GivenAdapters();
        for (Linear layer : model.linears()) {
            if (!layer.path().contains("layers.1.")) continue;
            boolean trained = layer.path().endsWith("q_proj");
            watching.layers().put(layer, (base, x, pass) -> {
                if (x.requiresGrad()) tracked.add(layer.path().substring("model.layers.".length()));
                Var y = base.base(x, pass);
                if (!trained) return y;
                return Functions.add(
                        y, dev.gradine.autograd.op.MatMul.matMul(x, x.tape().param(a)));
            });
        }
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Var h = new Policy(model, watching).hidden(tape, BATCH);
            float[] ones = new float[h.value().size()];
            Arrays.fill(ones, 1);
            tape.backward(h, k.of(h.shape(), ones));
        }
        assertThat(tracked)
                .containsExactly("1.self_attn.o_proj", "1.mlp.gate_proj", "1.mlp.up_proj", "1.mlp.down_proj");
        assertThat(run.download(a.grad())).isNotEqualTo(new float[a.grad().size()]);
    }
}
