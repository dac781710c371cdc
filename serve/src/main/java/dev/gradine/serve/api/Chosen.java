package dev.gradine.serve.api;

import dev.gradine.data.OneLine;
import dev.gradine.serve.Acting;
import dev.gradine.serve.AdapterRefusedException;
import dev.gradine.serve.Card;
import dev.gradine.serve.Served;
import dev.gradine.serve.http.ApiException;
import java.util.List;
import java.util.stream.Collectors;

/// What a request asks, by the name of a model: the base or an adapter, or the base with several adapters
/// in `lora`.
///
/// @param name as it was asked
/// @param acting what acts until the request is answered
record Chosen(String name, Acting acting) {

    /// @throws ApiException if there is no such model, or it is an adapter that is lost
    static Chosen of(Fields f, Served served) {
        String name = f.text("model");
        try {
            return new Chosen(name, f.has("lora") ? blend(f, name, served) : named(name, served));
        } catch (AdapterRefusedException e) {
            throw ApiException.server(500, "adapter_invalid", String.valueOf(e.getMessage()));
        }
    }

    private static Acting named(String name, Served served) {
        Acting acting = served.acting(name);
        if (acting == null) throw unknown(name, served);
        return acting;
    }

    static ApiException unknown(String name, Served served) {
        String names = served.cards().stream().map(Card::name).collect(Collectors.joining("`, `", "`", "`"));
        String message = "The model `%s` does not exist. There are %s.".formatted(OneLine.of(name, 80), names);
        return ApiException.request(404, "model_not_found", "model", message);
    }

    private static Acting blend(Fields f, String name, Served served) {
        List<Card> cards = served.cards();
        if (cards.stream().noneMatch(c -> c.name().equals(name))) throw unknown(name, served);
        if (!cards.getFirst().name().equals(name)) {
            throw ApiException.value(
                    "lora",
                    "lora goes with the base model `%s`, not with an adapter"
                            .formatted(cards.getFirst().name()));
        }
        try {
            return served.blend(AdapterScales.read(f, "lora", f.list("lora"), cards));
        } catch (AdapterRefusedException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw ApiException.value("lora", String.valueOf(e.getMessage()));
        }
    }
}
