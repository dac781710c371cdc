package dev.gradine.serve.api;

import dev.gradine.data.OneLine;
import dev.gradine.serve.Acting;
import dev.gradine.serve.Card;
import dev.gradine.serve.Served;
import dev.gradine.serve.http.ApiException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// What a request asks, by the name of a model: the base or an adapter, or the base with several adapters
/// in `lora`.
///
/// @param name as it was asked
/// @param acting what acts until the request is answered
record Chosen(String name, Acting acting) {

    /// @throws ApiException if there is no such model
    static Chosen of(Fields f, Served served) {
        String name = f.text("model");
        Acting acting = served.acting(name);
        if (acting == null) throw unknown(name, served);
        return f.has("lora") ? new Chosen(name, blend(f, name, served)) : new Chosen(name, acting);
    }

    static ApiException unknown(String name, Served served) {
        String names = served.cards().stream().map(Card::name).collect(Collectors.joining("`, `", "`", "`"));
        String message = "The model `%s` does not exist. There are %s.".formatted(OneLine.of(name, 80), names);
        return ApiException.request(404, "model_not_found", "model", message);
    }

    private static Acting blend(Fields f, String name, Served served) {
        List<Card> cards = served.cards();
        if (!cards.getFirst().name().equals(name)) {
            throw ApiException.value(
                    "lora",
                    "lora goes with the base model `%s`, not with an adapter"
                            .formatted(cards.getFirst().name()));
        }
        Map<String, Double> scales = new LinkedHashMap<>();
        List<?> all = f.list("lora");
        for (int i = 0; i < all.size(); i++) {
            Fields one = f.within("lora[" + i + "]", all.get(i));
            String id = id(one, cards);
            if (scales.put(id, one.number("scale", -100, 100, 1)) != null) {
                throw ApiException.value(one.name("id"), one.name("id") + " is `" + id + "` again, expected another");
            }
        }
        try {
            return served.blend(scales);
        } catch (IllegalArgumentException e) {
            throw ApiException.value("lora", String.valueOf(e.getMessage()));
        }
    }

    /// A name, or the number of an adapter in the order in which they were loaded.
    private static String id(Fields one, List<Card> cards) {
        Object id = one.value("id");
        if (id instanceof String s) return s;
        int adapters = cards.size() - 1;
        if (id instanceof Integer n && n >= 0 && n < adapters)
            return cards.get(n + 1).name();
        throw one.wrong("id", id, "the name of an adapter, or its number below " + adapters);
    }
}
