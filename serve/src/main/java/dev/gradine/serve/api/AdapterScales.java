package dev.gradine.serve.api;

import dev.gradine.serve.Card;
import dev.gradine.serve.http.ApiException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Adapters that are to act together: `[{"id": "sql", "scale": 0.5}, …]`, where `id` is a name or the number in the
/// order in which they were loaded, and `scale` is 1 unless it is said.
final class AdapterScales {

    private static final double MOST = 100;

    private AdapterScales() {}

    /// Reads them.
    ///
    /// @param name of the list in messages
    /// @param cards of the base model and the adapters there are
    static Map<String, Double> read(Fields f, String name, List<?> all, List<Card> cards) {
        Map<String, Double> scales = new LinkedHashMap<>();
        for (int i = 0; i < all.size(); i++) {
            Fields one = f.within(name + "[" + i + "]", all.get(i));
            String id = id(one, cards);
            if (scales.put(id, one.number("scale", -MOST, MOST, 1)) != null) {
                throw ApiException.value(one.name("id"), one.name("id") + " is `" + id + "` again, expected another");
            }
        }
        return scales;
    }

    private static String id(Fields one, List<Card> cards) {
        Object id = one.value("id");
        if (id instanceof String s) return s;
        int adapters = cards.size() - 1;
        if (id instanceof Integer n && n >= 0 && n < adapters)
            return cards.get(n + 1).name();
        throw one.wrong("id", id, "the name of an adapter, or its number below " + adapters);
    }
}
