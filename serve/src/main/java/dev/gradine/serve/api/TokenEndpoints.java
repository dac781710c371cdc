package dev.gradine.serve.api;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.serve.Served;
import dev.gradine.serve.http.ApiException;
import dev.gradine.serve.http.Call;
import dev.gradine.serve.http.JsonMap;
import dev.gradine.serve.http.Route;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// `POST /tokenize` and `/detokenize`, `GET /tokenizer_info`: the tokenizer, for clients that count.
final class TokenEndpoints {

    private final Served served;
    private final Unknown unknown;

    TokenEndpoints(Served served, Unknown unknown) {
        this.served = served;
        this.unknown = unknown;
    }

    List<Route> routes() {
        return List.of(
                Route.post("/tokenize", this::tokenize),
                Route.post("/detokenize", this::detokenize),
                Route.get("/tokenizer_info", this::info));
    }

    private void tokenize(Call call) throws IOException {
        Fields f = Fields.parse(call.body());
        f.accept("model");
        List<Integer> tokens = f.has("messages") ? ChatPrompt.read(f, served).prompt() : text(f);
        unknown.report(call, f);
        call.json(200, JsonMap.of("tokens", tokens, "count", tokens.size(), "max_model_len", served.maxTokens()));
    }

    private List<Integer> text(Fields f) {
        List<Integer> ids = new ArrayList<>();
        boolean adds = f.flag("add_special_tokens", true);
        for (int id : served.codec().tokenizer().encode(f.text("prompt"), adds)) ids.add(id);
        return ids;
    }

    private void detokenize(Call call) throws IOException {
        Fields f = Fields.parse(call.body());
        f.accept("model");
        if (!f.has("tokens")) throw ApiException.missing("tokens", "a list of ids");
        TextCodec codec = served.codec();
        List<Integer> ids = new ArrayList<>();
        for (Object id : f.list("tokens")) ids.add(TextFields.token(f, "tokens", id, codec.vocabSize()));
        unknown.report(call, f);
        call.json(200, JsonMap.of("prompt", codec.tokenizer().decode(PromptText.ints(ids), false)));
    }

    private void info(Call call) throws IOException {
        Tokenizer t = served.codec().tokenizer();
        String template = served.codec().template().source();
        call.json(
                200,
                JsonMap.of(
                        "eos_token", t.hasEos() ? t.token(t.eos()) : null,
                        "bos_token", t.hasBos() ? t.token(t.bos()) : null,
                        "pad_token", t.hasPad() ? t.token(t.pad()) : null,
                        "chat_template", template.isEmpty() ? null : template));
    }
}
