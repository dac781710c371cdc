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
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel.Heads;
import dev.gradine.tensor.kernel.Segments;
import java.util.ArrayList;
import java.util.List;
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
            LinearSlot down) {}

    private final LlamaConfig config;
    private final Heads heads;
    private final ParamSlot embedding;
    private final List<Block> blocks = new ArrayList<>();
    private final ParamSlot norm;
    private final LinearSlot head;
    private final RopeFrequencies.Tables rope;
    private final List<LinearSlot> linears;
    private final List<ParamSlot> params;

    /// Builds the model over weights in their own types; nothing is copied but small vectors that are not f32.
    ///
    /// @throws ConfigException if a weight is missing or has another shape than the configuration says
    public Llama(LlamaConfig config, Weights.Source source, Kernels run) {
        this.config = config;
        int d = config.headDim();
        heads = new Heads(config.heads(), config.kvHeads(), d, (float) (1 / Math.sqrt(d)));
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
        return run(tape, batch, null);
    }

    @Override
    public Var hidden(Tape tape, int[] ids, KvCache cache) {
        cache.requireRoom(ids.length);
        Var h = run(tape, TokenBatch.continuing(ids, cache.length()), cache);
        cache.advance(ids.length);
        return h;
    }

    private Var run(Tape tape, TokenBatch batch, @Nullable KvCache cache) {
        requireInRange(batch);
        Kernels k = tape.kernels();
        Tensor positions = k.ofInts(batch.positions());
        Var h = gather(tape.param(embedding.active()), k.ofInts(batch.ids()));
        for (int l = 0; l < blocks.size(); l++) {
            Block b = blocks.get(l);
            Var n = rmsNorm(h, tape.param(b.inputNorm().active()), config.normEps());
            Var q = rope(b.q().forward(n), positions, rope.cos(), rope.sin());
            Var key = rope(b.k().forward(n), positions, rope.cos(), rope.sin());
            Var value = b.v().forward(n);
            h = add(h, b.o().forward(attend(q, key, value, batch.segments(), cache, l)));
            n = rmsNorm(h, tape.param(b.postNorm().active()), config.normEps());
            h = add(h, b.down().forward(swiGlu(b.gate().forward(n), b.up().forward(n))));
        }
        return rmsNorm(h, tape.param(norm.active()), config.normEps());
    }

    private Var attend(Var q, Var key, Var value, Segments segments, @Nullable KvCache cache, int layer) {
        if (cache == null) return attention(q, key, value, heads, segments);
        Tape tape = q.tape();
        Var keys = tape.constant(cache.appendKeys(tape.kernels(), layer, key.value()));
        Var values = tape.constant(cache.appendValues(tape.kernels(), layer, value.value()));
        return attention(q, keys, values, heads, segments);
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
