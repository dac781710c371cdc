package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The `post_processor` of a `tokenizer.json`, copied with the fields that its type has. At most one step
/// may put tokens around a text: the library ends the process at a second one.
final class PostProcessors {
    private static final int LONGEST = 1 << 10; // characters of a token, tokens around a text
    private int around;

    private PostProcessors() {}

    static JsonNode checked(String where, JsonNode in) {
        if (in.isMissingNode() || in.isNull()) return JsonNodeFactory.instance.nullNode();
        return new PostProcessors().step(where, in);
    }

    private JsonNode step(String where, JsonNode in) {
        var f = new JsonFields(where, in);
        f.put("type", in.path("type"));
        switch (in.path("type").asString("")) {
            case "ByteLevel" -> f.flag("add_prefix_space").flag("trim_offsets").flagIfThere("use_regex");
            case "BertProcessing" -> {
                onlyOne(where);
                token(f, "sep");
                token(f, "cls");
            }
            case "RobertaProcessing" -> {
                onlyOne(where);
                token(f, "sep");
                token(f, "cls");
                f.flag("trim_offsets").flag("add_prefix_space");
            }
            case "TemplateProcessing" -> {
                onlyOne(where);
                template(f);
            }
            case "Sequence" -> f.list("processors", this::step);
            default ->
                throw f.unknownType(
                        List.of("BertProcessing", "ByteLevel", "RobertaProcessing", "Sequence", "TemplateProcessing"));
        }
        return f.checked();
    }

    private void onlyOne(String where) {
        require(++around == 1, where + " puts tokens around a text that has them already, expected one such step");
    }

    private static void token(JsonFields f, String name) {
        JsonNode pair = f.get(name);
        require(
                pair.isArray() && pair.size() == 2 && pair.get(0).isString(),
                f.where(name) + " is " + StrictJson.describe(pair) + ", expected a token and its id");
        TokenizerFile.id(f.where(name) + "[1]", pair.get(1));
        f.put(name, pair);
    }

    private static void template(JsonFields f) {
        JsonNode tokens = f.get("special_tokens");
        var all = new JsonFields(f.where("special_tokens"), tokens);
        for (var e : tokens.properties()) all.put(e.getKey(), special(all.where(e.getKey()), e.getValue()));
        pieces(f, "single", tokens, "A");
        f.put("special_tokens", all.checked());
        if (f.get("pair").isEmpty()) {
            f.put(
                    "pair",
                    JsonNodeFactory.instance.arrayNode().add(sequence("A", 0)).add(sequence("B", 1)));
        } else {
            pieces(f, "pair", tokens, "A", "B");
        }
    }

    /// @param texts each of which stands in it once
    private static void pieces(JsonFields f, String name, JsonNode tokens, String... texts) {
        f.list(name, (where, piece) -> piece(where, piece, tokens, texts));
        ArrayNode all = (ArrayNode) f.checked().get(name);
        for (String text : texts) {
            long n = all.valueStream()
                    .filter(p -> p.path("Sequence").path("id").asString("").equals(text))
                    .count();
            String which = texts.length == 1 ? "the text" : "text " + text;
            require(n == 1, f.where(name) + " holds " + which + " " + n + " times, expected once");
        }
        require(all.size() <= LONGEST, f.where(name) + " has " + all.size() + " pieces, expected fewer");
    }

    private static JsonNode special(String where, JsonNode in) {
        var f = new JsonFields(where, in);
        f.text("id", LONGEST);
        f.list("ids", (place, id) -> JsonNodeFactory.instance.numberNode(TokenizerFile.id(place, id)));
        f.list("tokens", (place, token) -> {
            require(token.isString(), place + " is " + StrictJson.describe(token) + ", expected a token");
            return token;
        });
        int ids = f.checked().get("ids").size();
        int tokens = f.checked().get("tokens").size();
        require(
                ids == tokens && ids <= LONGEST,
                where + " has " + ids + " ids and " + tokens + " tokens, expected as many of both");
        return f.checked();
    }

    private static JsonNode piece(String where, JsonNode in, JsonNode tokens, String... texts) {
        require(
                in.isObject() && in.size() == 1,
                where + " is " + StrictJson.describe(in) + ", expected {\"Sequence\": …} or {\"SpecialToken\": …}");
        if (in.has("Sequence")) {
            var f = new JsonFields(where + ".Sequence", in.get("Sequence"));
            f.oneOf("id", texts).count("type_id", 0, 1 << 20);
            return wrapped("Sequence", f);
        }
        var f = new JsonFields(where + ".SpecialToken", in.path("SpecialToken"));
        String id = f.text("id", LONGEST);
        require(tokens.has(id), f.where("id") + " is '" + id + "', expected a key of special_tokens");
        f.count("type_id", 0, 1 << 20);
        return wrapped("SpecialToken", f);
    }

    private static JsonNode wrapped(String name, JsonFields f) {
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.set(name, f.checked());
        return out;
    }

    private static JsonNode sequence(String id, int type) {
        ObjectNode inner = JsonNodeFactory.instance.objectNode().put("id", id).put("type_id", type);
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.set("Sequence", inner);
        return out;
    }
}
