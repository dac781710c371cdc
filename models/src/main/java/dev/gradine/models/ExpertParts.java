package dev.gradine.models;

import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.ConfigException;
import dev.gradine.nn.Experts;
import dev.gradine.nn.Experts.Inner;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Router;
import dev.gradine.nn.RouterRules.Best;
import dev.gradine.nn.RouterRules.BestOfGroups;
import dev.gradine.nn.RouterRules.Choice;
import dev.gradine.nn.RouterRules.Scores;
import dev.gradine.nn.RouterRules.Shares;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.nn.WithShared;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Feed-forward layers of many experts, with their sizes as `config.json` gives them.
final class ExpertParts {

    /// Names of one expert's linear layers, in most families.
    private static final List<String> USUAL = List.of("gate_proj", "up_proj", "down_proj");

    private final ModelConfig config;
    private final int hidden;
    private final int experts;
    private final int chosen;
    private int inner;

    ExpertParts(ModelConfig c, int hidden) {
        config = c;
        this.hidden = hidden;
        String key = List.of("num_local_experts", "n_routed_experts", "num_experts").stream()
                .filter(c::has)
                .findFirst()
                .orElse("num_experts");
        experts = c.positive(key);
        chosen = c.positive("num_experts_per_tok");
        if (chosen > experts) throw c.wrong("num_experts_per_tok", "at most %d, the %s".formatted(experts, key));
        inner = c.positive("moe_intermediate_size", c.positive("intermediate_size"));
    }

    /// An expert has `intermediate_size` channels, whatever `moe_intermediate_size` says.
    ExpertParts wide() {
        inner = config.positive("intermediate_size");
        return this;
    }

    /// Coefficient of the loss that asks for all experts evenly: `router_aux_loss_coef`, if `output_router_logits` says
    /// that routers are asked; 0 else.
    static float balance(ModelConfig c) {
        if (!c.flag("output_router_logits", false)) return 0;
        if (!c.has("router_aux_loss_coef"))
            throw c.wrong("router_aux_loss_coef", "a number, as output_router_logits is true");
        return (float) c.atLeastZero("router_aux_loss_coef", 0);
    }

    /// Softmax over all experts, then the choice, as Qwen has it.
    ///
    /// @param sumsToOne whether shares of a token are divided by their sum
    Router softmaxFirst(Weights w, String path, boolean sumsToOne) {
        Weight weight = w.weight(path + ".weight", experts, hidden);
        Shares shares = sumsToOne ? Shares.SUM_TO_ONE : Shares.PLAIN;
        return new Router(weight, null, Scores.SOFTMAX, new Best(chosen), shares, balance(config));
    }

    /// The choice by logits, then `shares` of the chosen.
    Router logitsFirst(Weights w, String path, boolean hasBias, Shares shares) {
        Weight weight = w.weight(path + ".weight", experts, hidden);
        @Nullable Weight bias = hasBias ? w.weight(path + ".bias", experts) : null;
        return new Router(weight, bias, Scores.LOGITS, new Best(chosen), shares, balance(config));
    }

    /// The choice by sigmoids and a correction, in groups, as DeepSeek V3 has it.
    Router sigmoidFirst(Weights w, String path) {
        Weight weight = w.weight(path + ".weight", experts, hidden);
        Weight added = w.weight(path + ".e_score_correction_bias", experts);
        boolean divided = config.flag("norm_topk_prob", true);
        Shares shares = divided ? Shares.dividedBySum(1e-20f) : Shares.PLAIN;
        Choice choice = groups(values(w, added), 2);
        return unasked(weight, Scores.SIGMOID, choice, shares.times(scale()));
    }

    /// Softmax over all experts, then the choice in groups by their largest, as DeepSeek V2 has it.
    Router softmaxInGroups(Weights w, String path) {
        config.requireOff("norm_topk_prob"); // transformers' DeepSeek V2 does not divide, whatever it says
        Weight weight = w.weight(path + ".weight", experts, hidden);
        String method = config.oneOf("topk_method", "greedy", "greedy", "group_limited_greedy");
        if (method.equals("greedy")) config.ignore("n_group", "topk_group");
        Choice choice = method.equals("greedy") ? new Best(chosen) : groups(List.of(), 1);
        return unasked(weight, Scores.SOFTMAX, choice, Shares.PLAIN.times(scale()));
    }

    private float scale() {
        return (float) config.real("routed_scaling_factor", 1);
    }

    private Choice groups(List<Float> added, int ofGroup) {
        int groups = config.positive("n_group", 1);
        int kept = config.positive("topk_group", 1);
        if (experts % groups != 0) throw config.wrong("n_group", "a divisor of the %d experts".formatted(experts));
        if (kept > groups) throw config.wrong("topk_group", "at most n_group " + groups);
        if (kept * (experts / groups) < chosen) {
            throw config.wrong("topk_group", "groups of at least num_experts_per_tok %d experts".formatted(chosen));
        }
        return new BestOfGroups(chosen, added, groups, kept, Math.min(ofGroup, experts / groups));
    }

    private static List<Float> values(Weights w, Weight weight) {
        List<Float> values = new ArrayList<>();
        for (float v : w.run().download(weight.param().value())) values.add(v);
        return values;
    }

    /// A router of a family that has no loss for choosing evenly.
    private Router unasked(Weight weight, Scores s, Choice c, Shares shares) {
        config.requireOff("output_router_logits");
        return new Router(weight, null, s, c, shares, 0);
    }

    /// Qwen's: shares by a softmax over all experts, divided by their sum if `norm_topk_prob` says so.
    ///
    /// @param sumsToOne what it means where it is missing
    Experts usual(Weights w, boolean sumsToOne) {
        Router router = softmaxFirst(w, "mlp.gate", config.flag("norm_topk_prob", sumsToOne));
        return apart(w, router, Inner.halves(Gated.SILU));
    }

    /// Qwen2's: as `usual`, and one that every token has, behind a gate of its own.
    ///
    /// @param sumsToOne what `norm_topk_prob` means where it is missing
    FeedForward withGatedShared(Weights w, FeedForwards shared, boolean sumsToOne) {
        Experts experts = usual(w, sumsToOne);
        FeedForward all = shared.gated(w.at("mlp.shared_expert"), Gated.SILU);
        return new WithShared(experts, all, w.linear("mlp.shared_expert_gate", 1, hidden, false));
    }

    /// DeepSeek V3's: sigmoids, groups, and some that every token has, as one.
    FeedForward deepSeek(Weights w) {
        return withShared(w, apart(w, sigmoidFirst(w, "mlp.gate"), Inner.halves(Gated.SILU)));
    }

    /// DeepSeek V2's.
    FeedForward deepSeek2(Weights w) {
        return withShared(w, apart(w, softmaxInGroups(w, "mlp.gate"), Inner.halves(Gated.SILU)));
    }

    private FeedForward withShared(Weights w, Experts experts) {
        int shared = config.whole("n_shared_experts", 0, 0);
        if (shared == 0) return experts;
        FeedForwards all = new FeedForwards(hidden, Math.multiplyExact(shared, inner), false);
        return new WithShared(experts, all.gated(w.at("mlp.shared_experts"), Gated.SILU), null);
    }

    /// Granite's, stored as two parameters.
    Experts granite(Weights w, Router router) {
        String in = "block_sparse_moe.input_linear.weight";
        String out = "block_sparse_moe.output_linear.weight";
        return new Experts(
                router,
                Inner.halves(Gated.SILU),
                w.experts(in, in, "", false, experts, 2 * inner, hidden),
                w.experts(out, out, "", false, experts, hidden, inner),
                false);
    }

    /// Experts under `mlp.experts`, each stored by itself.
    Experts apart(Weights w, Router router, Inner inside) {
        return apart(w, router, inside, "mlp.experts.%d.", USUAL);
    }

    /// Experts that are stored by themselves.
    ///
    /// @param prefix of an expert's linear layers, with `%d` for its number
    /// @param names of gate, up and down
    Experts apart(Weights w, Router router, Inner inside, String prefix, List<String> names) {
        List<String> both = List.of(prefix + names.getFirst(), prefix + names.get(1));
        return new Experts(
                router,
                inside,
                w.experts("mlp.experts.gate_up_proj", both, experts, inner, hidden),
                w.experts("mlp.experts.down_proj", List.of(prefix + names.get(2)), experts, hidden, inner),
                false);
    }

    /// Experts stored as two parameters, each matrix the other way round.
    ///
    /// @param path of both, within the layer
    Experts turned(Weights w, Router router, Inner inside, String path, boolean hasBias, boolean isShareInFront) {
        String gateUp = path + ".gate_up_proj";
        String down = path + ".down_proj";
        return new Experts(
                router,
                inside,
                w.experts(gateUp, gateUp, hasBias ? gateUp + "_bias" : "", true, experts, 2 * inner, hidden),
                w.experts(down, down, hasBias ? down + "_bias" : "", true, experts, hidden, inner),
                isShareInFront);
    }

    /// Which layers have experts: those that `mlp_layer_types` calls sparse, or all behind the first dense ones.
    ///
    /// @param usual number of dense layers where `first_k_dense_replace` is missing
    IntPredicate behindDense(int usual) {
        List<String> types = config.texts("mlp_layer_types");
        int dense = config.whole("first_k_dense_replace", 0, usual);
        int layers = config.positive("num_hidden_layers");
        boolean isKnown = types.stream().allMatch(t -> t.equals("dense") || t.equals("sparse"));
        if (!types.isEmpty() && (types.size() != layers || !isKnown)) {
            throw config.wrong("mlp_layer_types", "dense or sparse for each of %d layers".formatted(layers));
        }
        return l -> types.isEmpty() ? l >= dense : types.get(l).equals("sparse");
    }

    /// Which layers have experts: all but those that `mlp_only_layers` names and `decoder_sparse_step` leaves out.
    ///
    /// @throws ConfigException if a key cannot be read
    boolean isSparse(int layer) {
        int step = config.positive("decoder_sparse_step", 1);
        return !config.wholes("mlp_only_layers").contains(layer) && (layer + 1) % step == 0;
    }
}
