package dev.gradine.serve;

import dev.gradine.nn.Adapters;
import dev.gradine.serve.AdapterReader.InMemory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;

/// Adapters that act together. Those of the latest requests are kept, so that requests with the same blend share a
/// batch and what was read of their prompts.
final class AdapterBlends {

    private static final int MOST = 16;

    private final AdapterReader reader;
    private final Consumer<Adapters> retired;
    private final Map<Map<InMemory, Double>, Acting> kept = new LinkedHashMap<>(MOST, 0.75f, true);

    /// @param retired is told of blends that are not kept
    AdapterBlends(AdapterReader reader, Consumer<Adapters> retired) {
        this.reader = reader;
        this.retired = retired;
    }

    /// The blend of `parts`, each with its scale, none of 0.
    ///
    /// @throws IllegalArgumentException names the method that cannot be scaled, or act beside another
    synchronized Acting of(SequencedMap<InMemory, Double> parts) {
        if (parts.isEmpty()) return reader.ofBase();
        if (parts.size() == 1 && parts.firstEntry().getValue() == 1)
            return parts.firstEntry().getKey().acting();
        Acting known = kept.get(parts);
        if (known != null) return known;
        Acting made = reader.together(parts);
        kept.put(parts, made);
        if (kept.size() > MOST) letGo(kept.keySet().iterator().next());
        return made;
    }

    /// Lets go of those with a part.
    synchronized void forget(InMemory part) {
        kept.keySet().stream().filter(parts -> parts.containsKey(part)).toList().forEach(this::letGo);
    }

    private void letGo(Map<InMemory, Double> parts) {
        Acting gone = kept.remove(parts);
        if (gone != null) retired.accept(gone.adapters());
    }
}
