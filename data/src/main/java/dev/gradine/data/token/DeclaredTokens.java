package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/// The tokens that a model folder declares outside `tokenizer.json`, in the order transformers 5 adds them: those of
/// `added_tokens_decoder` or `added_tokens.json` by id, then the named ones, then the extra ones.
///
/// Where `tokenizer_config.json` has `added_tokens_decoder`, it stands alone. Where it has none,
/// `special_tokens_map.json` goes before its keys, and `added_tokens.json` is read.
final class DeclaredTokens {
    /// The names that every tokenizer of transformers has, in its order.
    private static final List<String> NAMES =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    private final Map<String, AddedToken> named = new LinkedHashMap<>();
    private final List<AddedToken> extra = new ArrayList<>();
    private final SortedMap<Integer, AddedToken> byId = new TreeMap<>();
    private String idsFrom = "";

    private DeclaredTokens() {}

    /// No token at all.
    static DeclaredTokens none() {
        return new DeclaredTokens();
    }

    /// Reads the files of a folder that are there.
    static DeclaredTokens read(Path folder) throws IOException {
        Path config = folder.resolve("tokenizer_config.json");
        JsonNode keys = StrictJson.readIfThere(config);
        var out = new DeclaredTokens();
        out.keys(config.toString(), keys);
        if (keys.path("added_tokens_decoder").isObject()) {
            out.decoder(config + ": added_tokens_decoder", keys.path("added_tokens_decoder"));
        } else {
            Path map = folder.resolve("special_tokens_map.json");
            out.keys(map.toString(), StrictJson.readIfThere(map));
            Path added = folder.resolve("added_tokens.json");
            out.ids(added.toString(), StrictJson.readIfThere(added));
        }
        out.named.replaceAll((_, token) -> out.flagsById(token));
        return out;
    }

    /// The named and the extra tokens of one file; a name again replaces the one before.
    private void keys(String file, JsonNode keys) {
        for (var e : keys.properties()) {
            String name = e.getKey();
            if (!NAMES.contains(name) && !(name.endsWith("_token") && isToken(e.getValue()))) continue;
            named.remove(name);
            String where = file + ": " + ModelRules.shown(name);
            if (!e.getValue().isNull()) named.put(name, token(where, e.getValue()));
        }
        named(file, "model_specific_special_tokens", keys.path("model_specific_special_tokens"));
        JsonNode old = keys.path("additional_special_tokens");
        JsonNode list = keys.path("extra_special_tokens");
        if (keys.has("extra_special_tokens")) extra(file, "extra_special_tokens", list);
        else extra(file, "additional_special_tokens", old);
    }

    private void extra(String file, String key, JsonNode list) {
        if (list.isMissingNode() || list.isNull()) return;
        if (list.isObject()) {
            named(file, key, list);
            return;
        }
        require(list.isArray(), file + ": " + key + " is " + StrictJson.describe(list) + ", expected a list of tokens");
        for (int i = 0; i < list.size(); i++) {
            AddedToken token = token(file + ": " + key + "[" + i + "]", list.get(i));
            if (extra.stream().noneMatch(t -> t.content().equals(token.content()))) extra.add(token);
        }
    }

    private void named(String file, String key, JsonNode object) {
        for (var e : object.properties()) {
            String where = file + ": " + key + "." + ModelRules.shown(e.getKey());
            named.put(e.getKey(), token(where, e.getValue()));
        }
    }

    private static boolean isToken(JsonNode value) {
        return value.isString() || value.path("content").isString();
    }

    private static AddedToken token(String where, JsonNode value) {
        if (value.isObject()) return AddedToken.of(where, value, true);
        return AddedToken.mark(AddedToken.content(where, value));
    }

    private void decoder(String where, JsonNode object) {
        idsFrom = where;
        for (var e : object.properties()) {
            String key = ModelRules.shown(e.getKey());
            String place = where + "." + key;
            require(e.getKey().matches("[0-9]{1,8}"), place + ": the key is '" + key + "', expected a token id");
            byId.put(Integer.parseInt(e.getKey()), AddedToken.of(place, e.getValue(), false));
        }
    }

    private void ids(String file, JsonNode object) {
        idsFrom = file;
        Set<String> special = new HashSet<>();
        named.values().forEach(t -> special.add(t.content()));
        extra.forEach(t -> special.add(t.content()));
        for (var e : object.properties()) {
            String token = e.getKey();
            require(!token.isEmpty(), file + ": a token is empty, expected a text");
            int id = TokenizerFile.id(file + ": '" + ModelRules.shown(token) + "'", e.getValue());
            byId.put(id, AddedToken.plain(token, special.contains(token)));
        }
    }

    /// A named token has the flags it was declared with by id.
    private AddedToken flagsById(AddedToken named) {
        return byId.values().stream()
                .filter(t -> t.content().equals(named.content()))
                .findFirst()
                .orElse(named);
    }

    /// Adds all of them to a vocabulary. A named or extra token does not change one that is there by id; declared twice
    /// by name, the later one counts.
    void addTo(AddedTokens all) {
        Set<String> names = new HashSet<>();
        named.values().forEach(t -> names.add(t.content()));
        byId.forEach((id, t) -> all.add(names.contains(t.content()) ? t.asSpecial() : t, id, idsFrom));
        Set<String> there = all.contents();
        List<AddedToken> others = new ArrayList<>();
        for (String name : NAMES) {
            AddedToken t = named.get(name);
            if (t != null) others.add(t);
        }
        named.forEach((name, t) -> {
            if (!NAMES.contains(name)) others.add(t);
        });
        others.addAll(extra);
        for (AddedToken t : others) {
            if (!there.contains(t.content())) all.add(names.contains(t.content()) ? t.asSpecial() : t);
        }
    }

    /// The ids of BOS, EOS and PAD.
    SpecialTokens roles(Vocabulary vocabulary) {
        return new SpecialTokens(id(vocabulary, "bos_token"), id(vocabulary, "eos_token"), id(vocabulary, "pad_token"));
    }

    private int id(Vocabulary vocabulary, String name) {
        AddedToken token = named.get(name);
        return token == null ? SpecialTokens.NONE : vocabulary.idOr(token.content(), SpecialTokens.NONE);
    }
}
