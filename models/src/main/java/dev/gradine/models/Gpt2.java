package dev.gradine.models;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Functions;
import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.nn.Block;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Decoder;
import dev.gradine.nn.Decoder.Ends;
import dev.gradine.nn.Decoder.Sizes;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Head;
import dev.gradine.nn.Linear;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Plain;
import dev.gradine.nn.Projections.Fused;
import dev.gradine.nn.Projections.Steps;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.nn.Weights.Tie;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// GPT-2: layer norms before each part, learnt positions, one layer for queries, keys and values.
///
/// ```
/// h₀ = E[ids] + P[positions]
/// h ← h + Wo · attention(q, k, v) + bo      [q k v] = Wqkv n + b      n = layerNorm(h)
/// h ← h + Wproj · gelu(Wfc n + bfc) + bproj                            n = layerNorm(h)
/// logits = E · layerNorm(h)
/// ```
///
/// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.3. Its layers are stored as
/// `[in,out]`, the other way round than everywhere else: `Conv1D` in transformers.
public record Gpt2() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("gpt2");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("gpt2", "gpt2")
                .layers("transformer.h")
                .placing("token_embd", "transformer.wte")
                .placing("position_embd", "transformer.wpe")
                .placing("output_norm", "transformer.ln_f")
                .placing("attn_norm", "ln_1")
                .placing("attn_qkv", "attn.c_attn")
                .placing("attn_output", "attn.c_proj")
                .placing("ffn_norm", "ln_2")
                .placing("ffn_up", "mlp.c_fc")
                .placing("ffn_down", "mlp.c_proj")
                .changing(GgufChange.TURNED, "attn_qkv", "attn_output", "ffn_up", "ffn_down")
                .calling("context_length", "n_positions")
                .calling("embedding_length", "n_embd")
                .calling("block_count", "n_layer")
                .calling("feed_forward_length", "n_inner")
                .calling("attention.head_count", "n_head")
                .calling("attention.head_count_kv", "")
                .calling("attention.key_length", "")
                .layerNorms("layer_norm_epsilon", 1e-5)
                .withoutTurning()
                .meaning("architectures", List.of("GPT2LMHeadModel"))
                .meaning("activation_function", "gelu_new")
                .meaning("scale_attn_weights", true));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of(
                "n_ctx",
                "reorder_and_upcast_attn", // of f16
                "summary_activation",
                "summary_first_dropout",
                "summary_proj_to_labels",
                "summary_type",
                "summary_use_proj");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        requireWhatIsBuilt(c);
        int vocab = c.positive("vocab_size");
        int hidden = c.positive("n_embd");
        int positions = c.positive("n_positions");
        if (hidden > Integer.MAX_VALUE / 4) throw c.wrong("n_embd", "a number below 2^29");
        Shape shape = new Shape(hidden, c.positive("n_head"), c.positive("n_inner", 4 * hidden), epsilon(c));
        if (hidden % shape.heads != 0) throw c.wrong("n_embd", "a multiple of n_head " + shape.heads);
        Weights w = weights.at("transformer");
        Tie tie = weights.tie("transformer.wte", "lm_head", c.flag("tie_word_embeddings", true));
        Embedding tokens = w.embedding("wte", tie == Tie.HEAD ? "lm_head" : "transformer.wte", vocab, hidden);
        Weight table = w.weight("wpe.weight", positions, hidden);
        List<Decoder.Layer> layers = new ArrayList<>();
        for (int l = 0; l < c.positive("n_layer"); l++) {
            int number = l;
            layers.add(weights.layer(() -> block(number, w.at("h." + number), shape)));
        }
        Norm last = norm(w, "ln_f", shape);
        Linear head = tie == Tie.APART
                ? weights.linear("lm_head", vocab, hidden, false)
                : weights.tied("lm_head", tokens.weight());
        Decoder.Begin begin = (tape, pass) -> begin(tokens, table, tape, pass);
        var ends = new Ends(begin, List.of(tokens, tokens.weight(), table), last, Head.of(head));
        return new Decoder(new Sizes("gpt2", hidden, vocab, positions), ends, layers, weights);
    }

    /// @param inner channels of the feed-forward layer
    private record Shape(int hidden, int heads, int inner, float eps) {}

    private static void requireWhatIsBuilt(ModelConfig c) {
        c.oneOf("activation_function", "gelu_new", "gelu_new", "gelu_pytorch_tanh");
        c.requireOff("add_cross_attention");
        c.requireOff("scale_attn_by_inverse_layer_idx");
        if (!c.flag("scale_attn_weights", true)) throw c.wrong("scale_attn_weights", "true, the only value supported");
    }

    private static float epsilon(ModelConfig c) {
        return (float) c.real("layer_norm_epsilon", 1e-5);
    }

    private static Var begin(Embedding tokens, Weight table, Tape tape, Pass pass) {
        Var h = tokens.forward(tape, pass);
        return tape.frame(x -> add(x, indexSelect(table.on(x, pass), pass.positions())), h);
    }

    private static Block block(int layer, Weights w, Shape s) {
        return new PreNorm(
                norm(w, "ln_1", s), attention(layer, w.at("attn"), s), norm(w, "ln_2", s), mlp(w.at("mlp"), s));
    }

    private static Norm norm(Weights w, String path, Shape s) {
        return new Norm.Layer(w.weight(path + ".weight", s.hidden), w.weight(path + ".bias", s.hidden), s.eps);
    }

    private static SelfAttention attention(int layer, Weights w, Shape s) {
        int d = s.hidden / s.heads;
        AttentionSpec spec = AttentionSpec.causal(s.heads, s.heads, d, (float) (1 / Math.sqrt(d)));
        Fused qkv = new Fused(w.conv1d("c_attn", 3 * s.hidden, s.hidden), 1, s.hidden, s.hidden, Steps.NONE);
        return new SelfAttention(qkv, w.conv1d("c_proj", s.hidden, s.hidden), spec, layer);
    }

    private static Plain mlp(Weights w, Shape s) {
        return new Plain(
                Functions::geluTanh, w.conv1d("c_fc", s.inner, s.hidden), w.conv1d("c_proj", s.hidden, s.inner));
    }
}
