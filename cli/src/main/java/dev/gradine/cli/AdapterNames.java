package dev.gradine.cli;

import dev.gradine.nn.Adapters;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.TogetherAdapters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Which adapter each row of a batch has: `a,__base__,b,a+b`.
final class AdapterNames {

    /// The row without any adapter, as PEFT calls it.
    static final String BASE = "__base__";

    private final SequencedMap<String, AdapterSet> known;
    private final Map<String, Adapters> made = new HashMap<>();

    AdapterNames(SequencedMap<String, AdapterSet> known) {
        this.known = known;
    }

    /// One for each name; the same name gives the same adapters.
    ///
    /// @throws IllegalArgumentException if a name is unknown
    List<Adapters> each(String names) {
        List<Adapters> each = new ArrayList<>();
        for (String name : names.split(",", -1)) {
            int row = each.size() + 1;
            if (!made.containsKey(name)) made.put(name, adapters(name, row));
            each.add(made.get(name));
        }
        return each;
    }

    private Adapters adapters(String name, int row) {
        if (name.equals(BASE)) return Adapters.NONE;
        Set<AdapterSet> sets = new LinkedHashSet<>();
        for (String one : name.split("\\+", -1)) {
            AdapterSet set = known.get(one);
            if (set == null || !sets.add(set)) {
                throw new IllegalArgumentException(
                        "--adapter-names: name %d is \"%s\", expected %s, %s, or several of them joined by +"
                                .formatted(row, name, String.join(", ", known.keySet()), BASE));
            }
        }
        return TogetherAdapters.of(List.copyOf(sets));
    }
}
