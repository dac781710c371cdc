package dev.gradine.peft;

import dev.gradine.nn.ExpertLinear;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// How many values a method trains in a model, by the method's own count: nothing is made and no weight is read.
///
/// @param adapters values of the adapter at each place
/// @param copies values of each weight that is trained whole
/// @param shared values that all adapters have in common
/// @param rows values of trained rows of tokens
public record TrainedCount(
        SequencedMap<Site, Long> adapters, SequencedMap<Weight, Long> copies, long shared, long rows) {

    /// Counts what `AdapterSet.fresh` would make.
    ///
    /// @throws AdapterException if nothing would be trained
    public static TrainedCount of(Model model, Method method, Selection selection) {
        Selection where = selection.of(model, method);
        SequencedMap<Site, Long> adapters = new LinkedHashMap<>();
        for (Site site : AdapterSet.sites(model)) {
            if (method.adapts(site, where)) adapters.put(site, method.parameters(site));
        }
        SequencedMap<Weight, Long> copies = copies(model, method, where, adapters);
        long rows = rows(model, method, where);
        if (adapters.isEmpty() && copies.isEmpty() && rows == 0) {
            throw new AdapterException(
                    "targets: %s matches nothing that %s adapts".formatted(where.targets(), method.name()));
        }
        long shared = method.sharedParameters(List.copyOf(adapters.keySet()));
        return new TrainedCount(adapters, copies, shared, rows);
    }

    /// Weights trained whole; two that are tied are trained once by a method that copies both.
    private static SequencedMap<Weight, Long> copies(
            Model model, Method method, Selection where, SequencedMap<Site, Long> adapters) {
        List<String> adapted = adapters.keySet().stream().map(Site::path).toList();
        SequencedMap<Weight, Long> all = new LinkedHashMap<>();
        IdentityHashMap<Object, Weight> known = new IdentityHashMap<>();
        for (Weight w : model.weights()) {
            boolean own = method.copies(w, where);
            boolean beside = where.saves(w.module()) || where.trainsBias(w, adapted.contains(w.module()));
            if (!own && !beside) continue;
            boolean again = own && known.put(w.param(), w) != null;
            if (!again) all.put(w, (long) w.shape().size());
        }
        return all;
    }

    /// A head that is tied to an embedding follows its rows.
    private static long rows(Model model, Method method, Selection where) {
        long values = 0;
        IdentityHashMap<Object, List<Integer>> known = new IdentityHashMap<>();
        for (Site site : AdapterSet.sites(model)) {
            if (site instanceof ExpertLinear) continue;
            Weight w = Merge.weight(site);
            boolean isInput = model.embeddings().indexOf(site) == 0;
            List<Integer> tokens = method.tokens(site, where, isInput);
            List<Integer> before = known.get(w.param());
            if (tokens.isEmpty() || tokens.equals(before)) continue;
            known.put(w.param(), tokens);
            values += (long) tokens.size() * w.shape().dim(1);
        }
        return values;
    }

    /// All values trained.
    public long total() {
        return sum(adapters) + sum(copies) + shared + rows;
    }

    /// Values that adapters add beside the model: all but the copies, which stand in its weights' place.
    public long added() {
        return total() - sum(copies);
    }

    /// Places whose layer computes with an adapter, linear ones alone.
    public List<Linear> linears() {
        return adapters.keySet().stream()
                .filter(Linear.class::isInstance)
                .map(Linear.class::cast)
                .toList();
    }

    private static long sum(SequencedMap<?, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
