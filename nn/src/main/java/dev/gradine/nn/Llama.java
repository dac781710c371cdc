package dev.gradine.nn;

import static dev.gradine.autograd.op.Add.add;
import static dev.gradine.autograd.op.Attention.attention;
import static dev.gradine.autograd.op.Gather.gather;
import static dev.gradine.autograd.op.RmsNorm.rmsNorm;
import static dev.gradine.autograd.op.Rope.rope;
import static dev.gradine.autograd.op.SwiGlu.swiGlu;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The Llama family: pre-norm blocks of grouped-query attention and a gated feed-forward layer.
///
/// ```
/// h₀ = E[ids]
/// h ← h + Wo · attention(rope(Wq n), rope(Wk n), Wv n)      n = rmsNorm(h)
/// h ← h + Wdown · (silu(Wgate n) ∘ Wup n)                    n = rmsNorm(h)
/// logits = Whead · rmsNorm(h)
/// ```
///
/// Touvron et al. 2023 (arXiv:2302.13971), section 2.2. Names are those of Hugging Face checkpoints.
public final class Llama implements CausalLm {

    private record Block(
            ParamSlot inputNorm,
            LinearSlot q,
            LinearSlot k,
            LinearSlot v,
            LinearSlot o,
            ParamSlot postNorm,
            LinearSlot gate,
            LinearSlot up,
            LinearSlot down) {

        boolean isPlain() {
            return inputNorm.isPlain()
                    && postNorm.isPlain()
                    && Stream.of(q, k, v, o, gate, up, down).allMatch(LinearSlot::isPlain);
        }
    }

    /// What all blocks of one pass read besides hidden states.
    private record Pass(
            Tensor positions, Sequences sequences, @Nullable KvCache cache) {}

    private final LlamaConfig config;
    private final AttentionSpec attention;
    private final ParamSlot embedding;
    private final List<Block> blocks = new ArrayList<>();
    private final ParamSlot norm;
    private final LinearSlot head;
    private final RopeFrequencies.Tables rope;
    private final List<LinearSlot> linears;
    private final List<ParamSlot> params;
    private boolean checkpoints;

    /// Builds the model over weights in their own types; nothing is copied but small vectors that are not f32.
    ///
    /// @throws ConfigException if a weight is missing or has another shape than the configuration says
    public Llama(LlamaConfig config, Weights.Source source, Kernels run) {
        this.config = config;
        int d = config.headDim();
        attention = AttentionSpec.causal(config.heads(), config.kvHeads(), d, (float) (1 / Math.sqrt(d)));
        Weights w = new Weights(source, run);
        int c = config.hidden();
        embedding = w.param("model.embed_tokens.weight", config.vocabSize(), c);
        for (int l = 0; l < config.layers(); l++) blocks.add(block(w, "model.layers." + l + "."));
        norm = w.param("model.norm.weight", c);
        head = config.tied() ? w.tied("lm_head", embedding) : w.linear("lm_head", config.vocabSize(), c, false);
        rope = config.rope().tables(run, config.maxPositions());
        linears = w.linears();
        params = w.params();
    }

    private Block block(Weights w, String at) {
        int c = config.hidden();
        int q = config.heads() * config.headDim();
        int kv = config.kvHeads() * config.headDim();
        boolean bias = config.attentionBias();
        int m = config.intermediate();
        return new Block(
                w.param(at + "input_layernorm.weight", c),
                w.linear(at + "self_attn.q_proj", q, c, bias),
                w.linear(at + "self_attn.k_proj", kv, c, bias),
                w.linear(at + "self_attn.v_proj", kv, c, bias),
                w.linear(at + "self_attn.o_proj", c, q, bias),
                w.param(at + "post_attention_layernorm.weight", c),
                w.linear(at + "mlp.gate_proj", m, c, config.mlpBias()),
                w.linear(at + "mlp.up_proj", m, c, config.mlpBias()),
                w.linear(at + "mlp.down_proj", c, m, config.mlpBias()));
    }

    @Override
    public Var hidden(Tape tape, TokenBatch batch) {
        return hidden(tape, trunk(tape.kernels(), batch));
    }

    @Override
    public Trunk trunk(Kernels kernels, TokenBatch batch) {
        requireInRange(batch);
        int layers = plainLayers();
        if (layers == 0) return Trunk.empty(batch);
        Tensor h = kernels.empty(kernels.dataType(), Shape.of(batch.tokens(), config.hidden()));
        try (Kernels scratch = kernels.openStep()) {
            Tape tape = Tape.forgetting(scratch);
            Var top = blocks(embed(tape, batch), 0, layers - 1, pass(tape, batch, null));
            scratch.copy(top.value(), h);
        }
        return Trunk.of(batch, layers, h);
    }

    private int plainLayers() {
        if (!embedding.isPlain()) return 0;
        int n = 0;
        while (n < blocks.size() && blocks.get(n).isPlain()) n++;
        return n + 1;
    }

    @Override
    public Var hidden(Tape tape, Trunk trunk) {
        int layers = trunk.layers();
        if (layers > plainLayers()) {
            throw new IllegalStateException(
                    "trunk: %d layers, expected at most %d (the lowest that are neither adapted nor trained)"
                            .formatted(layers, plainLayers()));
        }
        Var h = layers == 0 ? embed(tape, trunk.batch()) : tape.constant(trunk.hidden());
        return rest(h, Math.max(0, layers - 1), pass(tape, trunk.batch(), null));
    }

    @Override
    public Var hidden(Tape tape, int[] ids, KvCache cache) {
        cache.requireRoom(ids.length);
        TokenBatch batch = TokenBatch.continuing(ids, cache.length());
        requireInRange(batch);
        Var h = rest(embed(tape, batch), 0, pass(tape, batch, cache));
        cache.advance(ids.length);
        return h;
    }

    private static Pass pass(Tape tape, TokenBatch batch, @Nullable KvCache cache) {
        return new Pass(tape.kernels().ofInts(batch.positions()), batch.sequences(), cache);
    }

    private Var embed(Tape tape, TokenBatch batch) {
        return gather(tape.param(embedding.active()), tape.kernels().ofInts(batch.ids()));
    }

    /// Blocks number `from` to `to` (exclusive); releases `entry`.
    private Var blocks(Var entry, int from, int to, Pass pass) {
        boolean checkpoint = checkpoints && entry.tape().isRecording();
        Var h = entry;
        for (int l = from; l < to; l++) {
            int layer = l;
            Var in = h;
            h = checkpoint ? in.tape().checkpoint(x -> block(layer, x, pass), in) : block(layer, in, pass);
            in.release();
        }
        return h;
    }

    /// Blocks from number `from` on and the last norm; releases `entry`.
    private Var rest(Var entry, int from, Pass pass) {
        Var h = blocks(entry, from, blocks.size(), pass);
        Var y = norm(h, norm);
        h.release();
        return y;
    }

    /// What nobody reads again is released; norms and the gated product are cheaper to make again than to keep.
    private Var block(int layer, Var h, Pass pass) {
        Block b = blocks.get(layer);
        Var n = norm(h, b.inputNorm());
        Var q = turned(b.q().forward(n), pass);
        Var k = turned(b.k().forward(n), pass);
        Var v = b.v().forward(n);
        n.recompute();
        Var mixed = attend(q, k, v, pass, layer);
        Var middle = plus(h, b.o().forward(mixed));
        mixed.release();
        n = norm(middle, b.postNorm());
        Var gate = b.gate().forward(n);
        Var up = b.up().forward(n);
        n.recompute();
        Var wide = swiGlu(gate, up);
        Var y = plus(middle, b.down().forward(wide));
        wide.recompute();
        gate.release();
        up.release();
        middle.release();
        return y;
    }

    private Var norm(Var h, ParamSlot weight) {
        return rmsNorm(h, h.tape().param(weight.active()), config.normEps());
    }

    private Var turned(Var x, Pass pass) {
        Var y = rope(x, pass.positions(), rope.cos(), rope.sin());
        x.release();
        return y;
    }

    private static Var plus(Var h, Var update) {
        Var sum = add(h, update);
        update.release();
        return sum;
    }

    private Var attend(Var q, Var k, Var v, Pass pass, int layer) {
        Var keys = k;
        Var values = v;
        KvCache cache = pass.cache();
        if (cache != null) {
            Tape tape = q.tape();
            var fresh = new KvCache.Read(k.value(), v.value());
            var all = cache.append(tape.kernels(), layer, fresh, pass.positions());
            keys = tape.constant(all.keys());
            values = tape.constant(all.values());
        }
        Var mixed = attention(q, keys, values, attention, pass.sequences());
        q.release();
        k.release();
        v.release();
        return mixed;
    }

    private void requireInRange(TokenBatch batch) {
        for (int id : batch.ids()) {
            if (id < 0 || id >= config.vocabSize()) {
                throw new IllegalArgumentException(
                        "llama: token id is %d, expected 0 to %d".formatted(id, config.vocabSize() - 1));
            }
        }
        for (int p : batch.positions()) {
            if (p >= config.maxPositions()) {
                throw new IllegalArgumentException("llama: position is %d, expected below %d (max_position_embeddings)"
                        .formatted(p, config.maxPositions()));
            }
        }
    }

    @Override
    public void checkpointBlocks(boolean on) {
        checkpoints = on;
    }

    @Override
    public KvCache newCache(Kernels kernels, int tokens) {
        return new KvCache(kernels, config.layers(), tokens, config.kvHeads() * config.headDim());
    }

    @Override
    public LinearSlot head() {
        return head;
    }

    @Override
    public List<LinearSlot> linears() {
        return linears;
    }

    @Override
    public List<ParamSlot> params() {
        return params;
    }

    @Override
    public int vocabSize() {
        return config.vocabSize();
    }

    @Override
    public int maxPositions() {
        return config.maxPositions();
    }
}
