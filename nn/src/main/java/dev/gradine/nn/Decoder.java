package dev.gradine.nn;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.List;

/// A decoder-only transformer, made of the parts that its family names.
///
/// ```
/// h₀ = begin(ids)         hₗ = block_l(hₗ₋₁)         hidden = norm(h_L)
/// ```
///
/// What is written here once for all families: the common trunk of several passes, checkpoints, the cache, the range of
/// ids and positions.
public final class Decoder implements CausalLm {

    /// Sizes that the plumbing needs.
    ///
    /// @param name of the family, for messages
    /// @param channels C
    /// @param vocabSize V
    /// @param maxPositions longest sequence, tokens
    public record Sizes(String name, int channels, int vocabSize, int maxPositions) {

        /// Fails on an id that is none, or a position that is not covered.
        void require(Pass pass) {
            requireTokens(pass.batch());
            requirePositions(pass.rows());
        }

        private void requireTokens(TokenBatch batch) {
            for (int id : batch.ids()) {
                if (id < 0 || id >= vocabSize) {
                    throw new IllegalArgumentException(
                            "%s: token id is %d, expected 0 to %d".formatted(name, id, vocabSize - 1));
                }
            }
        }

        private void requirePositions(TokenBatch rows) {
            for (int p : rows.positions()) {
                if (p >= maxPositions) {
                    throw new IllegalArgumentException("%s: position is %d, expected below %d (max_position_embeddings)"
                            .formatted(name, p, maxPositions));
                }
            }
        }
    }

    /// One layer with every place of it where something trained can stand in.
    public record Layer(Block block, List<Site> sites) {

        /// What it gives; releases `in`.
        Var through(Var in, Pass pass) {
            Tape tape = in.tape();
            Var out = pass.checkpoints()
                    ? tape.checkpoint(x -> block.forward(x, pass), in)
                    : tape.frame(x -> block.forward(x, pass), in);
            in.release();
            return out;
        }
    }

    /// From tokens to the first hidden states, and from the last ones to logits.
    ///
    /// @param begin embedding, with what a family adds or multiplies
    /// @param sites of `begin`
    /// @param norm the last norm
    public record Ends(Begin begin, List<Site> sites, Norm norm, Head head) {}

    /// From the tokens of a pass to the first hidden states.
    @FunctionalInterface
    public interface Begin {
        /// Rows of the pass, `f32[N,C]`.
        Var forward(Tape tape, Pass pass);
    }

    private final Sizes sizes;
    private final Ends ends;
    private final List<Layer> layers;
    private final Weights weights;

    /// @param weights what the parts were made of, for adapters, merging and counting
    public Decoder(Sizes sizes, Ends ends, List<Layer> layers, Weights weights) {
        this.sizes = sizes;
        this.ends = ends;
        this.layers = List.copyOf(layers);
        this.weights = weights;
    }

    @Override
    public Var hidden(Pass pass) {
        KvCache cache = pass.cache();
        if (cache == null) return hidden(pass, trunk(pass.tape().kernels(), pass.batch(), List.of(pass.adapters())));
        sizes.require(pass);
        if (!pass.hasSlots()) cache.requireRoom(pass.rows().tokens());
        Var h = rest(ends.begin.forward(pass.tape(), pass), 0, pass);
        if (!pass.hasSlots()) cache.advance(pass.rows().tokens());
        return given(h, pass);
    }

    @Override
    public Trunk trunk(Kernels kernels, TokenBatch batch, List<Adapters> users) {
        sizes.requireTokens(batch);
        sizes.requirePositions(batch);
        int common = users.stream().mapToInt(this::untouched).min().orElse(0);
        if (common == 0) return Trunk.empty(this, batch);
        Tensor h = kernels.empty(kernels.dataType(), Shape.of(batch.tokens(), sizes.channels));
        try (Kernels scratch = kernels.openStep()) {
            Pass pass = Pass.of(Tape.noGrad(scratch), batch);
            Var top = blocks(ends.begin.forward(pass.tape(), pass), 0, common - 1, pass);
            scratch.copy(top.value(), h);
            return Trunk.of(this, batch, common, h, pass.balance());
        }
    }

    /// Number of lowest layers that the adapters do not touch; the beginning is the first.
    private int untouched(Adapters a) {
        if (a.virtualTokens() > 0 || ends.sites.stream().anyMatch(a::touches)) return 0;
        int n = 0;
        while (n < layers.size() && layers.get(n).sites.stream().noneMatch(a::touches)) n++;
        return n + 1;
    }

    @Override
    public Var hidden(Pass pass, Trunk trunk) {
        trunk.requireOf(this, pass.batch());
        sizes.requirePositions(pass.rows());
        int common = trunk.layers();
        int untouched = untouched(pass.adapters());
        if (common > untouched) {
            throw new IllegalStateException(
                    "trunk: %d layers, expected at most %d (the lowest that the adapters of the pass do not touch)"
                            .formatted(common, untouched));
        }
        pass.balance().addAll(trunk.balance());
        Tape tape = pass.tape();
        Var h = common == 0 ? ends.begin.forward(tape, pass) : tape.constant(trunk.hidden());
        return given(rest(h, Math.max(0, common - 1), pass), pass);
    }

    /// The rows of the tokens given, without those of virtual ones.
    private static Var given(Var h, Pass pass) {
        if (pass.rows() == pass.batch()) return h;
        Var rows = indexSelect(h, h.tape().kernels().ofInts(pass.rows().realRows()));
        h.release();
        return rows;
    }

    /// Layers number `from` to `to` (exclusive); releases `entry`.
    private Var blocks(Var entry, int from, int to, Pass pass) {
        Var h = entry;
        for (Layer layer : layers.subList(from, to)) h = layer.through(h, pass);
        return h;
    }

    /// Layers from number `from` on and the last norm; releases `entry`.
    private Var rest(Var entry, int from, Pass pass) {
        Var h = blocks(entry, from, layers.size(), pass);
        Var y = ends.norm.forward(h, pass);
        h.release();
        return y;
    }

    @Override
    public KvCache newCache(Kernels kernels, int tokens, int sequences) {
        List<KvCache.Kept> kept = layers.stream()
                .map(l -> l.block.mixer())
                .map(m -> new KvCache.Kept(m.kept(), m.keptOfSequence()))
                .toList();
        return new KvCache(kernels, kept, new KvCache.Capacity(tokens, sequences));
    }

    @Override
    public Head head() {
        return ends.head;
    }

    @Override
    public Keys keys() {
        List<KvCache.PerToken> kept = kept();
        boolean isUniform =
                kept.stream().distinct().count() == 1 && kept.getFirst().heads() > 0;
        return isUniform
                ? new Keys(
                        layers.size(), kept.getFirst().heads(), kept.getFirst().width())
                : new Keys(0, 0, 0);
    }

    private List<KvCache.PerToken> kept() {
        return layers.stream().map(l -> l.block.mixer().kept()).toList();
    }

    @Override
    public String family() {
        return sizes.name;
    }

    @Override
    public List<Linear> linears() {
        return weights.linears();
    }

    @Override
    public List<ExpertLinear> experts() {
        return weights.experts();
    }

    @Override
    public List<Embedding> embeddings() {
        return weights.embeddings();
    }

    @Override
    public List<Weight> weights() {
        return weights.weights();
    }

    @Override
    public int vocabSize() {
        return sizes.vocabSize;
    }

    @Override
    public int maxPositions() {
        return sizes.maxPositions;
    }
}
