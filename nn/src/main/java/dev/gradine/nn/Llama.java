package dev.gradine.nn;

import static dev.gradine.autograd.op.Attention.attention;
import static dev.gradine.autograd.op.Functions.add;
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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

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
            Weight inputNorm,
            Linear q,
            Linear k,
            Linear v,
            Linear o,
            Weight postNorm,
            Linear gate,
            Linear up,
            Linear down) {

        boolean isUntouched(Adapters a) {
            return Stream.of(inputNorm, postNorm).noneMatch(a::touches)
                    && Stream.of(q, k, v, o, gate, up, down).noneMatch(l -> l.isTouched(a));
        }
    }

    private final LlamaConfig config;
    private final AttentionSpec attention;
    private final Embedding embedding;
    private final List<Block> blocks = new ArrayList<>();
    private final Weight norm;
    private final Linear head;
    private final RopeFrequencies.Tables rope;
    private final List<Linear> linears;
    private final List<Weight> weights;

    /// Builds the model over weights in their own types; nothing is copied but small vectors that are not f32.
    ///
    /// @throws ConfigException if a weight is missing or has another shape than the configuration says
    public Llama(LlamaConfig config, Weights.Source source, Kernels run) {
        this.config = config;
        int d = config.headDim();
        attention = AttentionSpec.causal(config.heads(), config.kvHeads(), d, (float) (1 / Math.sqrt(d)));
        Weights w = new Weights(source, run);
        int c = config.hidden();
        embedding = w.embedding("model.embed_tokens", config.vocabSize(), c);
        for (int l = 0; l < config.layers(); l++) blocks.add(block(w, "model.layers." + l + "."));
        norm = w.weight("model.norm.weight", c);
        head = config.tied()
                ? w.tied("lm_head", embedding.weight())
                : w.linear("lm_head", config.vocabSize(), c, false);
        rope = config.rope().tables(run, config.maxPositions());
        linears = w.linears();
        weights = w.weights();
    }

    private Block block(Weights w, String at) {
        int c = config.hidden();
        int q = config.heads() * config.headDim();
        int kv = config.kvHeads() * config.headDim();
        boolean bias = config.attentionBias();
        int m = config.intermediate();
        return new Block(
                w.weight(at + "input_layernorm.weight", c),
                w.linear(at + "self_attn.q_proj", q, c, bias),
                w.linear(at + "self_attn.k_proj", kv, c, bias),
                w.linear(at + "self_attn.v_proj", kv, c, bias),
                w.linear(at + "self_attn.o_proj", c, q, bias),
                w.weight(at + "post_attention_layernorm.weight", c),
                w.linear(at + "mlp.gate_proj", m, c, config.mlpBias()),
                w.linear(at + "mlp.up_proj", m, c, config.mlpBias()),
                w.linear(at + "mlp.down_proj", c, m, config.mlpBias()));
    }

    @Override
    public Var hidden(Pass pass) {
        KvCache cache = pass.cache();
        if (cache == null) return hidden(pass, trunk(pass.tape().kernels(), pass.batch(), List.of(pass.adapters())));
        requireTokens(pass.batch());
        requirePositions(pass.rows());
        cache.requireRoom(pass.rows().tokens());
        Var h = rest(embedding.forward(pass.tape(), pass), 0, pass);
        cache.advance(pass.rows().tokens());
        return given(h, pass);
    }

    @Override
    public Trunk trunk(Kernels kernels, TokenBatch batch, List<Adapters> users) {
        requireTokens(batch);
        requirePositions(batch);
        int layers = users.stream().mapToInt(this::untouchedLayers).min().orElse(0);
        if (layers == 0) return Trunk.empty(this, batch);
        Tensor h = kernels.empty(kernels.dataType(), Shape.of(batch.tokens(), config.hidden()));
        try (Kernels scratch = kernels.openStep()) {
            Pass pass = Pass.of(Tape.forgetting(scratch), batch);
            Var top = blocks(embedding.forward(pass.tape(), pass), 0, layers - 1, pass);
            scratch.copy(top.value(), h);
        }
        return Trunk.of(this, batch, layers, h);
    }

    private int untouchedLayers(Adapters a) {
        if (a.virtualTokens() > 0 || a.touches(embedding) || a.touches(embedding.weight())) return 0;
        int n = 0;
        while (n < blocks.size() && blocks.get(n).isUntouched(a)) n++;
        return n + 1;
    }

    @Override
    public Var hidden(Pass pass, Trunk trunk) {
        trunk.requireOf(this, pass.batch());
        requirePositions(pass.rows());
        int layers = trunk.layers();
        int untouched = untouchedLayers(pass.adapters());
        if (layers > untouched) {
            throw new IllegalStateException(
                    "trunk: %d layers, expected at most %d (the lowest that the adapters of the pass do not touch)"
                            .formatted(layers, untouched));
        }
        Tape tape = pass.tape();
        Var h = layers == 0 ? embedding.forward(tape, pass) : tape.constant(trunk.hidden());
        return given(rest(h, Math.max(0, layers - 1), pass), pass);
    }

    /// The rows of the tokens given, without those of virtual ones.
    private static Var given(Var h, Pass pass) {
        if (pass.rows() == pass.batch()) return h;
        Var rows = gather(h, h.tape().kernels().ofInts(pass.rows().realRows()));
        h.release();
        return rows;
    }

    /// Blocks number `from` to `to` (exclusive); releases `entry`.
    private Var blocks(Var entry, int from, int to, Pass pass) {
        Var h = entry;
        for (int l = from; l < to; l++) {
            int layer = l;
            Var in = h;
            h = pass.checkpoints() ? in.tape().checkpoint(x -> block(layer, x, pass), in) : block(layer, in, pass);
            in.release();
        }
        return h;
    }

    /// Blocks from number `from` on and the last norm; releases `entry`.
    private Var rest(Var entry, int from, Pass pass) {
        Var h = blocks(entry, from, blocks.size(), pass);
        Var y = norm(h, norm, pass);
        h.release();
        return y;
    }

    /// What nobody reads again is released; norms and the gated product are cheaper to make again than to keep.
    private Var block(int layer, Var h, Pass pass) {
        Block b = blocks.get(layer);
        Var n = norm(h, b.inputNorm(), pass);
        Var q = turned(b.q().forward(n, pass), pass);
        Var k = turned(b.k().forward(n, pass), pass);
        Var v = b.v().forward(n, pass);
        n.recompute();
        Var mixed = attend(q, k, v, pass, layer);
        Var middle = plus(h, b.o().forward(mixed, pass));
        mixed.release();
        n = norm(middle, b.postNorm(), pass);
        Var gate = b.gate().forward(n, pass);
        Var up = b.up().forward(n, pass);
        n.recompute();
        Var wide = swiGlu(gate, up);
        Var y = plus(middle, b.down().forward(wide, pass));
        wide.recompute();
        gate.release();
        up.release();
        middle.release();
        return y;
    }

    private Var norm(Var h, Weight weight, Pass pass) {
        return rmsNorm(h, weight.on(h, pass), config.normEps());
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
        Var mixed = attention(q, keys, values, attention, pass.rows().layout());
        q.release();
        k.release();
        v.release();
        return mixed;
    }

    private void requireTokens(TokenBatch batch) {
        for (int id : batch.ids()) {
            if (id < 0 || id >= config.vocabSize()) {
                throw new IllegalArgumentException(
                        "llama: token id is %d, expected 0 to %d".formatted(id, config.vocabSize() - 1));
            }
        }
    }

    private void requirePositions(TokenBatch rows) {
        for (int p : rows.positions()) {
            if (p >= config.maxPositions()) {
                throw new IllegalArgumentException("llama: position is %d, expected below %d (max_position_embeddings)"
                        .formatted(p, config.maxPositions()));
            }
        }
    }

    @Override
    public KvCache newCache(Kernels kernels, int tokens) {
        return new KvCache(kernels, config.layers(), tokens, config.kvHeads() * config.headDim());
    }

    @Override
    public Linear head() {
        return head;
    }

    @Override
    public List<Linear> linears() {
        return linears;
    }

    @Override
    public List<Embedding> embeddings() {
        return List.of(embedding);
    }

    @Override
    public List<Weight> weights() {
        return weights;
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
