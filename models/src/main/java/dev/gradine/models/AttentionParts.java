package dev.gradine.models;

import dev.gradine.models.Parts.NormMaker;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Projections;
import dev.gradine.nn.Projections.Apart;
import dev.gradine.nn.Projections.Fused;
import dev.gradine.nn.Projections.KeysAsValues;
import dev.gradine.nn.Projections.Steps;
import dev.gradine.nn.Projections.WithGate;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The attention layer of one block, put together as its family says. What happens to queries and keys happens in the
/// order in which it is asked for here.
final class AttentionParts {

    /// Names of the four linear layers.
    private record Names(String q, String k, String v, String o) {}

    private final Heads heads;
    private final Weights at;
    private final int layer;
    private final List<Function<Weights, Steps>> steps = new ArrayList<>();
    private Names names = new Names("q_proj", "k_proj", "v_proj", "o_proj");
    private boolean qkvBias;
    private boolean oBias;
    private boolean hasSinks;
    private Supplier<AttentionSpec> spec;

    /// How many heads of which size there are.
    ///
    /// @param hidden channels C
    /// @param count query heads H
    /// @param keys key heads G
    /// @param size D
    record Heads(int hidden, int count, int keys, int size) {

        int queryWidth() {
            return count * size;
        }

        int keyWidth() {
            return keys * size;
        }
    }

    /// @param at takes names within the attention layer
    /// @param spec scale, cap and mask where the family says nothing else
    AttentionParts(Heads heads, Weights at, int layer, Supplier<AttentionSpec> spec) {
        this.heads = heads;
        this.at = at;
        this.layer = layer;
        this.spec = spec;
    }

    /// Other names of the linear layers than Llama's.
    AttentionParts named(String q, String k, String v, String o) {
        names = new Names(q, k, v, o);
        return this;
    }

    /// Which layers have biases.
    AttentionParts bias(boolean qkv, boolean o) {
        qkvBias = qkv;
        oBias = o;
        return this;
    }

    /// Scale, cap and mask.
    AttentionParts spec(AttentionSpec other) {
        spec = () -> other;
        return this;
    }

    /// Queries and keys turn by their position; null for those of no position.
    AttentionParts rotary(@Nullable Rotary rotary) {
        if (rotary != null) both(rotary::rotate);
        return this;
    }

    /// A step of queries and keys.
    AttentionParts both(RowStep step) {
        return steps(_ -> Steps.of(step));
    }

    /// A step of queries alone.
    AttentionParts queries(RowStep step) {
        return steps(_ -> new Steps(step, RowStep.NONE, RowStep.NONE));
    }

    /// A step of values alone.
    AttentionParts values(RowStep step) {
        return steps(_ -> new Steps(RowStep.NONE, RowStep.NONE, step));
    }

    /// A step of all three.
    AttentionParts all(RowStep step) {
        return steps(_ -> new Steps(step, step, step));
    }

    /// A norm of each head of queries and of keys, `q_norm` and `k_norm`; null for none.
    AttentionParts headNorms(@Nullable NormMaker maker) {
        return maker == null ? this : headNorms(maker, "q_norm", "k_norm");
    }

    /// The same under other names.
    AttentionParts headNorms(NormMaker maker, String q, String k) {
        return steps(w -> new Steps(
                RowStep.perHead(maker.norm(w, q, heads.size), heads.size),
                RowStep.perHead(maker.norm(w, k, heads.size), heads.size),
                RowStep.NONE));
    }

    /// A norm of all queries of a row together, and of all its keys.
    AttentionParts rowNorms(NormMaker maker, String q, String k) {
        return steps(w -> new Steps(
                maker.norm(w, q, heads.queryWidth())::forward,
                maker.norm(w, k, heads.keyWidth())::forward,
                RowStep.NONE));
    }

    /// A layer norm of each head, whose heads have weights of their own: one vector each, `q_layernorm.norms.H`.
    AttentionParts ownHeadNorms(boolean on, float eps) {
        if (!on) return this;
        Norm bare = new Norm.BareLayer(eps);
        return steps(w -> new Steps(
                new Norm.OfHeads(bare, joined(w, "q_layernorm", heads.count), heads.size)::forward,
                new Norm.OfHeads(bare, joined(w, "k_layernorm", heads.keys), heads.size)::forward,
                RowStep.NONE));
    }

    private List<Weight> joined(Weights w, String path, int count) {
        return IntStream.range(0, count)
                .mapToObj(h -> w.weight(path + ".norms." + h + ".weight", heads.size))
                .toList();
    }

    /// The same with the weights of all heads in one, `q_norm [H,D]`.
    AttentionParts normsOfHeads(boolean on, float eps) {
        if (!on) return this;
        Norm bare = new Norm.BareLayer(eps);
        return steps(w -> new Steps(
                new Norm.OfHeads(bare, List.of(w.weight("q_norm.weight", heads.count, heads.size)), heads.size)
                        ::forward,
                new Norm.OfHeads(bare, List.of(w.weight("k_norm.weight", heads.keys, heads.size)), heads.size)::forward,
                RowStep.NONE));
    }

    private AttentionParts steps(Function<Weights, Steps> more) {
        steps.add(more);
        return this;
    }

    /// Each head has a sink.
    AttentionParts sinks() {
        hasSinks = true;
        return this;
    }

    /// Values are the outputs of the keys' layer, as they come from there: with layers for queries and keys alone.
    SelfAttention keysAsValues() {
        Linear q = at.linear(names.q, heads.queryWidth(), heads.hidden, qkvBias);
        Linear k = at.linear(names.k, heads.keyWidth(), heads.hidden, qkvBias);
        Linear o = output();
        return attention(new KeysAsValues(q, k, made()), o);
    }

    /// With layers for queries, keys and values apart.
    SelfAttention apart() {
        Linear q = at.linear(names.q, heads.queryWidth(), heads.hidden, qkvBias);
        Linear k = at.linear(names.k, heads.keyWidth(), heads.hidden, qkvBias);
        Linear v = at.linear(names.v, heads.keyWidth(), heads.hidden, qkvBias);
        Linear o = output();
        return attention(new Apart(q, k, v, made()), o);
    }

    /// With layers for queries, keys and values apart; that of queries gives a gate beside each.
    SelfAttention withGate() {
        Linear q = at.linear(names.q, Math.multiplyExact(2, heads.queryWidth()), heads.hidden, qkvBias);
        Linear k = at.linear(names.k, heads.keyWidth(), heads.hidden, qkvBias);
        Linear v = at.linear(names.v, heads.keyWidth(), heads.hidden, qkvBias);
        Linear o = output();
        return attention(new WithGate(q, k, v, heads.size, made()), o);
    }

    /// With one layer for all three.
    ///
    /// @param groups how often queries, keys and values lie side by side in its outputs
    SelfAttention fused(String qkv, int groups) {
        int q = heads.queryWidth();
        int kv = heads.keyWidth();
        Linear all = at.linear(qkv, q + 2 * kv, heads.hidden, qkvBias);
        Linear o = output();
        return attention(new Fused(all, groups, q / groups, kv / groups, made()), o);
    }

    private Linear output() {
        return at.linear(names.o, heads.hidden, heads.queryWidth(), oBias);
    }

    private Steps made() {
        Steps all = Steps.NONE;
        for (Function<Weights, Steps> s : steps) all = all.then(s.apply(at));
        return all;
    }

    private SelfAttention attention(Projections projections, Linear o) {
        @Nullable Weight sinks = hasSinks ? at.weight("sinks", heads.count) : null;
        return new SelfAttention(projections, o::forward, spec.get(), layer, sinks);
    }
}
