package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A token that is cut out of a text before the rest is tokenised.
///
/// @param content the text that becomes the token; not empty
/// @param singleWord whether it only counts where no letter, digit or `_` touches it
/// @param lstrip whether it takes the white space before it
/// @param rstrip whether it takes the white space after it
/// @param normalized whether it is looked for in the normalised text
/// @param special whether it is a mark (BOS, end of turn) rather than text
record AddedToken(
        String content, boolean singleWord, boolean lstrip, boolean rstrip, boolean normalized, boolean special) {

    /// A mark without any other property, as a plain string declares it.
    static AddedToken mark(String content) {
        return new AddedToken(content, false, false, false, false, true);
    }

    /// A token that a file of names and ids declares; marks are looked for in the text as it is.
    static AddedToken plain(String content, boolean special) {
        return new AddedToken(content, false, false, false, !special, special);
    }

    /// The same token as a mark.
    AddedToken asSpecial() {
        return new AddedToken(content, singleWord, lstrip, rstrip, normalized, true);
    }

    /// Reads a JSON object with `content` and the flags of Python's `AddedToken`; a missing flag is false, a missing
    /// `normalized` is the opposite of `special`.
    ///
    /// @param where file and place, named in errors
    /// @param special what a missing `special` means
    static AddedToken of(String where, JsonNode object, boolean special) {
        require(object.isObject(), where + " is " + StrictJson.describe(object) + ", expected an object with content");
        boolean mark = flag(where, object, "special", special);
        return new AddedToken(
                content(where + ".content", object.path("content")),
                flag(where, object, "single_word", false),
                flag(where, object, "lstrip", false),
                flag(where, object, "rstrip", false),
                flag(where, object, "normalized", !mark),
                mark);
    }

    /// A text that can be a token.
    static String content(String where, JsonNode text) {
        require(
                text.isString() && !text.asString().isEmpty(),
                where + " is " + StrictJson.describe(text) + ", expected a text that is not empty");
        return text.asString();
    }

    private static boolean flag(String where, JsonNode object, String name, boolean otherwise) {
        JsonNode value = object.path(name);
        if (value.isMissingNode() || value.isNull()) return otherwise;
        require(
                value.isBoolean(),
                where + "." + name + " is " + StrictJson.describe(value) + ", expected true or false");
        return value.asBoolean();
    }

    /// The entry of `added_tokens` in a `tokenizer.json`.
    Map<String, Object> json(int id) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("id", id);
        out.put("content", content);
        out.put("single_word", singleWord);
        out.put("lstrip", lstrip);
        out.put("rstrip", rstrip);
        out.put("normalized", normalized);
        out.put("special", special);
        return out;
    }
}
