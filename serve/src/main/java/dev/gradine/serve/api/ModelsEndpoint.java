package dev.gradine.serve.api;

import dev.gradine.serve.Card;
import dev.gradine.serve.Served;
import dev.gradine.serve.http.Call;
import dev.gradine.serve.http.JsonMap;
import dev.gradine.serve.http.Route;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// `GET /v1/models` and `/v1/models/{id}`: the base model, then its adapters by name.
final class ModelsEndpoint {

    private static final String PATH = "/v1/models";

    private final Served served;

    ModelsEndpoint(Served served) {
        this.served = served;
    }

    List<Route> routes() {
        return List.of(Route.get(PATH, this::all), Route.get(PATH + "/*", this::one));
    }

    private void all(Call call) throws IOException {
        List<Card> cards = served.cards();
        Stream<Card> adapters = cards.stream().skip(1).sorted(Comparator.comparing(Card::name));
        var data = Stream.concat(cards.stream().limit(1), adapters).map(this::json);
        call.json(200, JsonMap.of("object", "list", "data", data.toList()));
    }

    private void one(Call call) throws IOException {
        String name = call.path().substring(PATH.length() + 1);
        for (Card c : served.cards()) {
            if (!c.name().equals(name)) continue;
            call.json(200, json(c));
            return;
        }
        throw Chosen.unknown(name, served);
    }

    private Map<String, @Nullable Object> json(Card c) {
        var json = JsonMap.of(
                "id", c.name(), "object", "model", "created", c.created().getEpochSecond(), "owned_by", "gradine");
        json.putAll(JsonMap.of("root", c.root().toString(), "parent", c.parent(), "max_model_len", served.maxTokens()));
        return json;
    }
}
