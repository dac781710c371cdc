package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Functions;
import dev.gradine.autograd.op.Linear;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// How far up a model computes what the checkpoint does, and that stopping there changes nothing.
class TrunkTest {

    private static final TokenBatch BATCH = TokenBatch.of(List.of(new int[] {3, 30, 0, 36}, new int[] {1, 2, 3}));

    private final Kernels run = CpuKernels.open();
    private final Llama model = TinyLlama.of(run);

    @AfterEach
    void close() {
        run.close();
    }

    private LinearSlot linear(String end) {
        return model.linears().stream()
                .filter(l -> l.path().endsWith(end))
                .findFirst()
                .orElseThrow();
    }

    private ParamSlot param(String end) {
        return model.params().stream()
                .filter(p -> p.path().endsWith(end))
                .findFirst()
                .orElseThrow();
    }

    private int layers() {
        try (Kernels k = run.openStep()) {
            return model.trunk(k, BATCH).layers();
        }
    }

    private float[] hidden(boolean whole) {
        try (Kernels k = run.openStep()) {
            Trunk trunk = whole ? Trunk.empty(BATCH) : model.trunk(k, BATCH);
            return k.download(model.hidden(Tape.forgetting(k), trunk).value());
        }
    }

    @Test
    void it_ends_below_the_first_block_that_is_adapted_or_trained() {
        assertThat(layers()).isEqualTo(3);
        for (int block = 1; block >= 0; block--) {
            LinearSlot down = linear(block + ".mlp.down_proj");
            down.use(x -> down.base().forward(x));
            assertThat(layers()).isEqualTo(block + 1);
            down.use(down.base());
            for (String name : List.of("post_attention_layernorm.weight", "self_attn.q_proj.weight")) {
                ParamSlot p = param(block + "." + name);
                p.use(Param.frozen(p.path(), p.base().value()));
                assertThat(layers()).isEqualTo(block + 1);
                p.use(p.base());
            }
        }
        assertThat(layers()).isEqualTo(3);
    }

    @Test
    void a_trained_embedding_leaves_none() {
        ParamSlot e = param("embed_tokens.weight");
        e.use(Param.trained(e.path(), e.base().value(), run));
        try (Kernels k = run.openStep()) {
            Trunk trunk = model.trunk(k, BATCH);
            assertThat(trunk.layers()).isZero();
            assertThatThrownBy(trunk::hidden)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("trunk: no layer is common, so there are no hidden states");
            Tape tape = Tape.recording(k);
            assertThat(model.hidden(tape, BATCH).tracked()).isTrue();
        }
    }

    @Test
    void going_on_from_it_gives_the_bits_of_the_whole_pass() {
        assertThat(hidden(false)).isEqualTo(hidden(true));
        LinearSlot up = linear("1.mlp.up_proj");
        up.use(x -> Functions.scale(up.base().forward(x), 1.5f));
        assertThat(layers()).isEqualTo(2);
        assertThat(hidden(false)).isEqualTo(hidden(true));
    }

    @Test
    void one_from_below_another_adapter_is_refused() {
        try (Kernels k = run.openStep()) {
            Trunk trunk = model.trunk(k, BATCH);
            LinearSlot up = linear("0.mlp.up_proj");
            up.use(x -> up.base().forward(x));
            assertThatThrownBy(() -> model.hidden(Tape.forgetting(k), trunk))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            "trunk: 3 layers, expected at most 1 (the lowest that are neither adapted nor trained)");
        }
    }

    /// What reaches each linear layer of a block carries a gradient from the block's first adapter on.
    @Test
    void no_gradient_flows_below_the_lowest_adapter() {
        List<String> tracked = new ArrayList<>();
        Param a = Param.trained("a", run.zeros(Shape.of(24, 24)), run);
        for (LinearSlot slot : model.linears()) {
            if (!slot.path().contains("layers.1.")) continue;
            boolean trained = slot.path().endsWith("q_proj");
            slot.use(x -> {
                if (x.tracked()) tracked.add(slot.path().substring("model.layers.".length()));
                Var y = slot.base().forward(x);
                return trained ? Functions.add(y, Linear.linear(x, x.tape().param(a))) : y;
            });
        }
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Var h = model.hidden(tape, BATCH);
            float[] ones = new float[h.value().size()];
            Arrays.fill(ones, 1);
            tape.backward(h, k.of(h.shape(), ones));
        }
        assertThat(tracked)
                .containsExactly("1.self_attn.o_proj", "1.mlp.gate_proj", "1.mlp.up_proj", "1.mlp.down_proj");
        assertThat(run.download(a.grad())).isNotEqualTo(new float[a.grad().size()]);
    }
}
