package dev.gradine.peft;

import static dev.gradine.autograd.op.Concat.concatRows;
import static dev.gradine.autograd.op.SliceRows.sliceRows;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.Model;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Site;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// Adapters of a batch in which every sequence has its own, or none.
///
/// Sequences of which at most one LoRA or DoRA acts at a layer are computed together by `GroupedLowRank`: one product
/// with the layer's weight for all of them and two thin ones for each. Each other sequence is cut out, computed by its
/// adapter and put back. In both ways what a sequence gives does not depend on its neighbours, bit for bit: see there.
public final class RowAdapters implements Adapters {

    private final List<Adapters> each;
    private final List<Adapters> different;

    private RowAdapters(List<Adapters> each, List<Adapters> different) {
        this.each = each;
        this.different = different;
    }

    /// One for each sequence of the batches to come, in their order; if all are the same, it alone.
    ///
    /// @param each `Adapters.NONE`, an `AdapterSet`, or several of them as `TogetherAdapters`
    /// @throws AdapterException if one needs tokens before the sequences or changes a weight of all rows
    public static Adapters of(List<? extends Adapters> each) {
        IdentityHashMap<Adapters, Boolean> seen = new IdentityHashMap<>();
        List<Adapters> different = new ArrayList<>();
        for (Adapters a : each) if (seen.put(a, true) == null) different.add(a);
        if (different.size() == 1) return different.getFirst();
        for (Adapters a : different) for (AdapterSet set : sets(a)) requireOwnRows(set);
        return new RowAdapters(List.copyOf(each), different);
    }

    private static List<AdapterSet> sets(Adapters a) {
        return switch (a) {
            case AdapterSet set -> List.of(set);
            case TogetherAdapters all -> all.sets();
            default -> List.of();
        };
    }

    private static void requireOwnRows(AdapterSet set) {
        if (set.virtualTokens() > 0) {
            throw new AdapterException("adapters: %s puts tokens before a sequence, which cannot differ from row to row"
                            .formatted(set.method().name())
                    + "; expected it for every row or for none");
        }
        if (set.adapters().values().stream().anyMatch(ConvolutionAdapter.class::isInstance)) {
            throw new AdapterException("adapters: %s adapts convolutions, which cannot differ from row to row"
                            .formatted(set.method().name())
                    + "; expected it for every row or for none");
        }
        if (!set.areCausal()) {
            throw new AdapterException("adapters: %s reads whole sequences, which cannot differ from row to row"
                            .formatted(set.method().name())
                    + "; expected it for every row or for none");
        }
        for (Weight w : set.model().weights()) {
            if (set.at(w) == w.param() || isOfLayer(set.model(), w)) continue;
            throw new AdapterException(
                    "adapters: %s changes %s, which all rows have in common; expected it for every row or for none"
                            .formatted(set.method().name(), w.path()));
        }
    }

    /// Whether a layer that is computed row by row has this weight.
    private static boolean isOfLayer(Model model, Weight w) {
        return model.linears().stream().anyMatch(l -> l.weight() == w || (l.hasBias() && l.bias() == w))
                || model.embeddings().stream().anyMatch(e -> e.weight() == w);
    }

    @Override
    public LinearMap at(Linear layer) {
        return different.stream().anyMatch(a -> changes(a, layer)) ? this::apply : Linear::base;
    }

    private static boolean changes(Adapters a, Linear layer) {
        return a.touches(layer) || copies(a, layer);
    }

    private static boolean copies(Adapters a, Linear layer) {
        return a.touches(layer.weight()) || (layer.hasBias() && a.touches(layer.bias()));
    }

    private Var apply(Linear layer, Var x, Pass pass) {
        List<Run> runs = runs(
                rows(layer.path(), x.shape().dim(0), pass), x.tape().kernels().isByRow());
        List<Run> thin = runs.stream().filter(r -> isThin(r.own, layer, pass)).toList();
        if (thin.size() == runs.size()) return thin(layer, x, pass, runs);
        Iterator<Var> together = thin.size() < 2 ? Collections.emptyIterator() : apart(layer, x, pass, thin);
        List<Var> parts = new ArrayList<>();
        for (Run run : runs) {
            if (together.hasNext() && thin.contains(run)) {
                parts.add(together.next());
                continue;
            }
            Var part = sliceRows(x, run.from, run.to);
            parts.add(run.own.at(layer).apply(layer, part, pass.with(run.own)));
        }
        return joined(parts);
    }

    /// What `thin` gives of runs that have others between them: of each its part.
    private Iterator<Var> apart(Linear layer, Var x, Pass pass, List<Run> thin) {
        Var taken = joined(thin.stream().map(r -> sliceRows(x, r.from, r.to)).toList());
        List<Run> moved = moved(thin);
        Var y = thin(layer, taken, pass, moved);
        return moved.stream().map(r -> sliceRows(y, r.from, r.to)).iterator();
    }

    /// The same runs one behind the other.
    private static List<Run> moved(List<Run> runs) {
        List<Run> moved = new ArrayList<>();
        int at = 0;
        for (Run r : runs) moved.add(new Run(at, at += r.to - r.from, r.own));
        return moved;
    }

    /// Rows that are computed together.
    private record Run(int from, int to, Adapters own) {}

    /// One of each sequence that has rows; where products sum by row, neighbours with the same adapters share one.
    private List<Run> runs(Sequences rows, boolean byRow) {
        List<Run> runs = new ArrayList<>();
        for (int s = 0; s < each.size(); s++) {
            if (rows.queries(s) == 0) continue;
            Run run = new Run(rows.queryStart(s), rows.queryStart(s + 1), each.get(s));
            boolean joins = byRow && !runs.isEmpty() && runs.getLast().own.equals(run.own);
            runs.add(joins ? new Run(runs.removeLast().from, run.to, run.own) : run);
        }
        return runs;
    }

    private static Var joined(List<Var> parts) {
        Var y = concatRows(parts.getFirst(), parts.subList(1, parts.size()).toArray(Var[]::new));
        parts.forEach(Var::release);
        return y;
    }

    private static boolean isThin(Adapters a, Linear layer, Pass pass) {
        if (copies(a, layer) || sets(a).stream().anyMatch(set -> set.rows().containsKey(layer))) return false;
        List<Adapter> low = low(a, layer);
        if (low.size() > 1) return false; // alone they are added in another order
        return low.stream().allMatch(l -> l instanceof ThinAdapter t && !t.drops(pass));
    }

    private static List<Adapter> low(Adapters a, Linear layer) {
        List<Adapter> all = new ArrayList<>();
        for (AdapterSet set : sets(a)) {
            Adapter own = set.adapter(layer);
            if (own != null) all.add(own);
        }
        return all;
    }

    /// One product with the layer's weight for all runs, two thin ones for each, then what their adapters make of the
    /// sums.
    private Var thin(Linear layer, Var x, Pass pass, List<Run> runs) {
        List<ThinAdapter> known = new ArrayList<>();
        List<GroupedLowRank.Range> ranges = new ArrayList<>();
        for (Run run : runs) {
            for (Adapter a : low(run.own, layer)) {
                if (!(a instanceof ThinAdapter t)) continue;
                if (!known.contains(t)) known.add(t);
                ranges.add(new GroupedLowRank.Range(run.from, run.to, known.indexOf(t)));
            }
        }
        Tensor w = x.tape().param(layer.weight().param()).value();
        List<LoraLinear> low = known.stream().map(ThinAdapter::low).toList();
        Var z = GroupedLowRank.groupedLowRank(x, w, low, ranges);
        List<Optional<UnaryOperator<Var>>> then =
                known.stream().map(t -> t.then(x.tape(), w)).toList();
        return layer.biased(then.stream().allMatch(Optional::isEmpty) ? z : after(z, ranges, then), pass);
    }

    /// Applies to each range what its adapter makes of sums; rows between them stay as they are.
    private static Var after(Var z, List<GroupedLowRank.Range> ranges, List<Optional<UnaryOperator<Var>>> then) {
        List<Var> parts = new ArrayList<>();
        int at = 0;
        for (GroupedLowRank.Range r : ranges) {
            Optional<UnaryOperator<Var>> f = then.get(r.adapter());
            if (f.isEmpty()) continue;
            if (at < r.from()) parts.add(sliceRows(z, at, r.from()));
            parts.add(f.get().apply(sliceRows(z, r.from(), r.to())));
            at = r.to();
        }
        int end = z.shape().dim(0);
        if (at < end) parts.add(sliceRows(z, at, end));
        return joined(parts);
    }

    /// Where the sequences lie among `n` rows.
    private Sequences rows(String path, int n, Pass pass) {
        Sequences all = pass.rows().layout();
        if (all.count() != each.size()) {
            throw new AdapterException("adapters: %d for a batch of %d sequences, expected one for each"
                    .formatted(each.size(), all.count()));
        }
        if (n != all.queries()) {
            throw new AdapterException(
                    "adapters: %s reads %d of %d rows, expected all of them (its adapter differs from row to row)"
                            .formatted(path, n, all.queries()));
        }
        return all;
    }

    @Override
    public Var at(Embedding embedding, Var h, Pass pass) {
        if (!touches(embedding) && !touches(embedding.weight())) return h;
        Sequences rows = rows(embedding.path(), h.shape().dim(0), pass);
        int[] ids = pass.rows().ids();
        List<Var> parts = new ArrayList<>();
        for (Run run : runs(rows, h.tape().kernels().isByRow())) {
            int[] own = Arrays.copyOfRange(ids, run.from, run.to);
            Pass alone = Pass.of(h.tape(), TokenBatch.of(List.of(own))).with(run.own);
            parts.add(embedding.forward(h.tape(), pass.isTraining() ? alone.training(pass.seed()) : alone));
        }
        h.release();
        return joined(parts);
    }

    @Override
    public boolean touches(Site site) {
        return different.stream().anyMatch(a -> site instanceof Linear l ? changes(a, l) : a.touches(site));
    }
}
