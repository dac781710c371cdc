package dev.gradine.models;

import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.models.AttentionParts.Heads;
import dev.gradine.nn.Block;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Decoder;
import dev.gradine.nn.Decoder.Ends;
import dev.gradine.nn.Decoder.Sizes;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Gated;
import dev.gradine.nn.Head;
import dev.gradine.nn.Linear;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weights;
import dev.gradine.nn.Weights.Tie;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/// The parts that families of decoders are made of, with their sizes as `config.json` gives them; named as in Llama
/// unless a family says otherwise.
final class Parts {

    /// Makes one layer.
    interface LayerMaker {
        /// One layer.
        ///
        /// @param number of the layer, from 0
        /// @param w takes names within the layer
        Block block(int number, Weights w);
    }

    /// Makes a norm of `width` values from the weight at `path`.
    interface NormMaker {
        Norm norm(Weights w, String path, int width);
    }

    /// Where the ends of a model are stored.
    ///
    /// @param layers of them, without their number
    /// @param norm the last one
    private record Names(String embedding, String layers, String norm, String head) {}

    private static final String FULL = "full_attention";
    private static final String SLIDING = "sliding_attention";
    private static final int WINDOW = 4096; // keys, where a family has windows and does not say how wide
    private static final int NO_ROPE_INTERVAL = 4; // layers, where it is not said
    private static final int FIRST_WINDOW = 28; // layer of Qwen from which windows begin where it is not said

    private static final int MOST_OF_STATE = 1 << 28; // values of one sequence in one layer
    private static final int UNBOUNDED = 1 << 20; // tokens, where only time and memory end a text

    private final String name;
    private final ModelConfig config;
    private final Weights weights;
    private final Heads heads;
    private final int maxPositions;
    private final float eps;
    private Names names = new Names("model.embed_tokens", "model.layers", "model.norm", "lm_head");
    private NormMaker lastNorm = this::rms;
    private float embeddingScale = 1;
    private float logitScale = 1;
    private float logitCap;
    private boolean hasHeadBias;

    /// With as many key heads as `num_key_value_heads` says.
    Parts(String name, ModelConfig c, Weights w) {
        this(name, c, w, c.positive("num_key_value_heads", c.positive("num_attention_heads")));
    }

    /// @param keyHeads G
    Parts(String name, ModelConfig c, Weights w, int keyHeads) {
        this(name, c, w, heads(c, keyHeads), c.positive("max_position_embeddings", 2048));
    }

    private Parts(String name, ModelConfig c, Weights w, Heads heads, int maxPositions) {
        this.name = name;
        config = c;
        weights = w;
        this.heads = heads;
        this.maxPositions = maxPositions;
        eps = (float) epsilon(c);
    }

    /// Of a family without attention, whose texts have no longest.
    static Parts withoutAttention(String name, ModelConfig c, Weights w) {
        return new Parts(name, c, w, new Heads(c.positive("hidden_size"), 0, 0, 0), UNBOUNDED);
    }

    static Heads heads(ModelConfig c, int keyHeads) {
        int hidden = c.positive("hidden_size");
        int count = c.positive("num_attention_heads");
        if (count % keyHeads != 0) throw c.wrong("num_key_value_heads", "a divisor of num_attention_heads " + count);
        if (!c.has("head_dim") && hidden % count != 0) {
            throw c.wrong("hidden_size", "a multiple of %s %d".formatted(c.name("num_attention_heads"), count));
        }
        int size = c.positive("head_dim", Math.max(1, hidden / count));
        if (size % 2 != 0) throw c.wrong("head_dim", "an even number");
        if ((long) count * size > Integer.MAX_VALUE) {
            throw c.wrong("head_dim", "fewer than 2^31 values in %d heads".formatted(count));
        }
        return new Heads(hidden, count, keyHeads, size);
    }

    /// Fails if a state of a recurrence has too many values to address.
    static void requireState(ModelConfig c, String key, int heads, int keyDim, int valueDim) {
        if ((double) heads * keyDim * valueDim < MOST_OF_STATE) return;
        throw c.wrong(key, "fewer than 2^28 values in the state of %d heads".formatted(heads));
    }

    /// What is added to a variance, under the names that families have for it.
    private static double epsilon(ModelConfig c) {
        for (String key : List.of("rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "norm_eps")) {
            if (c.has(key)) return c.real(key);
        }
        return 1e-6;
    }

    /// Channels C, heads H and G, head size D.
    Heads heads() {
        return heads;
    }

    /// Channels C.
    int hidden() {
        return heads.hidden();
    }

    /// Hidden states begin as a multiple of the embedding.
    Parts scaled(double factor) {
        embeddingScale = (float) factor;
        return this;
    }

    /// The last norm is another than a plain root-mean-square one.
    Parts lastNorm(NormMaker maker) {
        lastNorm = maker;
        return this;
    }

    /// The ends are stored under other names than Llama's.
    Parts named(String embedding, String layers, String norm, String head) {
        names = new Names(embedding, layers, norm, head);
        return this;
    }

    /// A bound of scores or logits: null means none, and a missing key the family's own.
    float cap(String key, double otherwise) {
        return config.says(key) && !config.has(key) ? 0 : (float) config.real(key, otherwise);
    }

    /// Logits are bounded by `cap`; 0 for no bound.
    Parts capped(float cap) {
        logitCap = cap;
        return this;
    }

    /// Logits are a multiple of what the head gives.
    Parts logits(double factor) {
        logitScale = (float) factor;
        return this;
    }

    /// The head has a bias.
    Parts headBias() {
        hasHeadBias = true;
        return this;
    }

    /// Causal attention with scores scaled by 1/√width.
    AttentionSpec causal(int width) {
        return AttentionSpec.causal(heads.count(), heads.keys(), heads.size(), (float) (1 / Math.sqrt(width)));
    }

    /// Causal attention with scores scaled by a factor.
    AttentionSpec scoredBy(double scale) {
        return AttentionSpec.causal(heads.count(), heads.keys(), heads.size(), (float) scale);
    }

    /// Causal attention with scores scaled by 1/√D.
    AttentionSpec causal() {
        return causal(heads.size());
    }

    /// The same, within a window where the configuration says so: Qwen's keys.
    IntFunction<AttentionSpec> masks() {
        boolean on = config.flag("use_sliding_window", false);
        int first = config.has("max_window_layers") ? config.whole("max_window_layers", 0) : FIRST_WINDOW;
        return windows(causal(), on, l -> l >= first);
    }

    /// A window in all layers, if `sliding_window` has a value.
    ///
    /// @param usually whether a missing key means a window
    IntFunction<AttentionSpec> windowEverywhere(boolean usually) {
        return windows(causal(), usually || config.has("sliding_window"), _ -> true);
    }

    /// The mask of each layer: a window of `sliding_window` keys in those that `layer_types` names so, or, without it,
    /// in those of `otherwise`.
    ///
    /// @param on whether there are windows at all
    IntFunction<AttentionSpec> windows(AttentionSpec spec, boolean on, IntPredicate otherwise) {
        List<String> types = layerTypes(FULL, SLIDING);
        boolean without = config.says("sliding_window") && !config.has("sliding_window");
        if (!on || without) {
            if (!types.contains(SLIDING)) return _ -> spec;
            throw config.wrong("layer_types", "full_attention in all layers, as no sliding window is switched on");
        }
        AttentionSpec near = spec.with(new Mask.Window(config.positive("sliding_window", WINDOW)));
        if (types.isEmpty()) return l -> otherwise.test(l) ? near : spec;
        return l -> types.get(l).equals(SLIDING) ? near : spec;
    }

    /// What each layer is, one of two kinds; empty if the configuration does not say.
    List<String> layerTypes(String one, String other) {
        return layerTypes(config, one, other);
    }

    static List<String> layerTypes(ModelConfig config, String one, String other) {
        List<String> types = config.texts("layer_types");
        int layers = config.positive("num_hidden_layers");
        boolean known = types.stream().allMatch(t -> t.equals(one) || t.equals(other));
        if (!types.isEmpty() && (types.size() != layers || !known)) {
            throw config.wrong("layer_types", "%s or %s for each of %d layers".formatted(one, other, layers));
        }
        return types;
    }

    /// The position embedding that the configuration asks for.
    Rotary rotary() {
        return rotary(Usual.LLAMA, false);
    }

    /// The same with the family's own numbers where the configuration has none.
    ///
    /// @param isInterleaved whether neighbours are paired rather than halves
    Rotary rotary(Usual usual, boolean isInterleaved) {
        return RopeConfig.of(config, heads.size(), usual).rotary(heads.size(), isInterleaved);
    }

    /// That of layers that see all.
    Rotary fullRotary(double theta) {
        return fullRotary(theta, heads.size());
    }

    /// That of layers that see all, whose heads have `size` channels.
    Rotary fullRotary(double theta, int size) {
        return RopeConfig.of(config, FULL, "rope_theta", theta, size).rotary(size, false);
    }

    /// That of layers that see a window.
    ///
    /// @param key of the base θ in older files
    Rotary slidingRotary(String key, double theta) {
        return RopeConfig.of(config, SLIDING, key, theta, heads.size()).rotary();
    }

    /// Which layers have a position embedding: those with 1 in `no_rope_layers`, or all but every fourth.
    IntPredicate layersWithRope() {
        List<Integer> given = config.wholes("no_rope_layers");
        int interval = config.positive("no_rope_layer_interval", NO_ROPE_INTERVAL);
        if (!given.isEmpty() && given.size() != config.positive("num_hidden_layers")) {
            throw config.wrong("no_rope_layers", "a number for each of the layers, 1 for those with rope");
        }
        return l -> given.isEmpty() ? (l + 1) % interval != 0 : given.get(l) != 0;
    }

    /// Values are kept within ±`key`, if it has a value.
    RowStep clamp(String key) {
        return config.has(key) ? RowStep.clamped((float) config.real(key)) : RowStep.NONE;
    }

    /// A root-mean-square norm over the channels.
    Norm rms(Weights w, String path) {
        return rms(w, path, heads.hidden());
    }

    /// A root-mean-square norm over `width` values, such as those of a head.
    Norm rms(Weights w, String path, int width) {
        return new Norm.Rms(w.weight(path + ".weight", width), eps);
    }

    /// The same with weights around 0.
    Norm rmsPlusOne(Weights w, String path) {
        return rmsPlusOne(w, path, heads.hidden());
    }

    /// The same with weights around 0 over `width` values.
    Norm rmsPlusOne(Weights w, String path, int width) {
        return new Norm.RmsPlusOne(w.weight(path + ".weight", width), eps);
    }

    /// A layer norm with bias over the channels.
    Norm layerNorm(Weights w, String path) {
        return layerNorm(w, path, heads.hidden());
    }

    /// A layer norm with bias over `width` values.
    Norm layerNorm(Weights w, String path, int width) {
        return new Norm.Layer(w.weight(path + ".weight", width), w.weight(path + ".bias", width), eps);
    }

    /// A layer norm without bias over the channels.
    Norm layerNormWithoutBias(Weights w, String path) {
        return layerNormWithoutBias(w, path, heads.hidden());
    }

    /// A layer norm without bias over `width` values.
    Norm layerNormWithoutBias(Weights w, String path, int width) {
        return new Norm.LayerWithoutBias(w.weight(path + ".weight", width), eps);
    }

    /// What is added to variances.
    float eps() {
        return eps;
    }

    /// The attention layer of a block, `self_attn`, to be put together.
    AttentionParts attention(Weights w, int layer) {
        return attention(w, layer, "self_attn");
    }

    /// The same under another name. It sees all keys unless the family gives it a mask.
    AttentionParts attention(Weights w, int layer, String path) {
        return new AttentionParts(heads, w.at(path), layer, this::full);
    }

    /// Causal attention, scores scaled by 1/√D, in a model that has it in all layers.
    private AttentionSpec full() {
        return windows(causal(), false, _ -> false).apply(0);
    }

    /// The attention layer of a block whose heads are others than the configuration's.
    AttentionParts attention(Weights w, int layer, Heads others) {
        return new AttentionParts(others, w.at("self_attn"), layer, this::full);
    }

    /// Feed-forward layers of `intermediate_size` channels.
    FeedForwards feedForwards(boolean bias) {
        return new FeedForwards(heads.hidden(), config.positive("intermediate_size"), bias);
    }

    /// `mlp` with a gate.
    Gated gated(Weights w, Gated.Gate gate, boolean bias) {
        return feedForwards(bias).gated(w.at("mlp"), gate);
    }

    /// Feed-forward layers of many experts, to be put together.
    ExpertParts experts() {
        return new ExpertParts(config, heads.hidden());
    }

    /// The whole model.
    ///
    /// @param tied whether the head is the embedding where the configuration does not say
    CausalLm decoder(boolean tied, LayerMaker maker) {
        int vocab = config.positive("vocab_size");
        Tie tie = weights.tie(names.embedding, names.head, config.flag("tie_word_embeddings", tied));
        String table = tie == Tie.HEAD ? names.head : names.embedding;
        Embedding embedding = weights.embedding(names.embedding, table, vocab, heads.hidden());
        List<Site> sites = List.of(embedding, embedding.weight());
        List<Decoder.Layer> layers = new ArrayList<>();
        for (int l = 0; l < config.positive("num_hidden_layers"); l++) {
            int number = l;
            layers.add(weights.layer(() -> maker.block(number, weights.at(names.layers + "." + number))));
        }
        Norm norm = lastNorm.norm(weights, names.norm, heads.hidden());
        Linear head = tie == Tie.APART
                ? weights.linear(names.head, vocab, heads.hidden(), hasHeadBias)
                : weights.tied(names.head, embedding.weight());
        var ends = new Ends(begin(embedding), sites, norm, new Head(head, logitScale, logitCap));
        var sizes = new Sizes(name, heads.hidden(), vocab, maxPositions);
        return new Decoder(sizes, ends, layers, weights);
    }

    private Decoder.Begin begin(Embedding embedding) {
        float s = embeddingScale;
        if (s == 1) return embedding::forward;
        return (tape, pass) -> {
            var h = embedding.forward(tape, pass);
            return tape.frame(x -> scale(x, s), h);
        };
    }
}
