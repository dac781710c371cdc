package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// One object of a `tokenizer.json` while it is checked: what was asked for and is right is copied, nothing else is.
final class JsonFields {
    private final String where;
    private final JsonNode in;
    private final ObjectNode out = JsonNodeFactory.instance.objectNode();

    /// @param where file and place of the object, named in errors
    JsonFields(String where, JsonNode in) {
        require(in.isObject(), where + " is " + StrictJson.describe(in) + ", expected an object");
        this.where = where;
        this.in = in;
    }

    /// What has been copied.
    ObjectNode checked() {
        return out;
    }

    String where(String name) {
        return where + "." + name;
    }

    JsonNode get(String name) {
        return in.path(name);
    }

    boolean has(String name) {
        return in.has(name) && !in.path(name).isNull();
    }

    /// Copies a value that was checked elsewhere.
    JsonFields put(String name, JsonNode value) {
        out.set(name, value);
        return this;
    }

    /// A text of at most `longest` characters.
    String text(String name, int longest) {
        JsonNode value = in.path(name);
        require(value.isString(), where(name) + " is " + StrictJson.describe(value) + ", expected a text");
        require(
                value.asString().length() <= longest,
                where(name) + " has " + value.asString().length() + " characters, expected at most " + longest);
        out.set(name, value);
        return value.asString();
    }

    /// The same, or null where there is none.
    void textIfThere(String name, int longest) {
        if (has(name)) text(name, longest);
        else out.putNull(name);
    }

    /// A text of one character.
    JsonFields character(String name) {
        String value = text(name, 2);
        require(
                value.codePointCount(0, value.length()) == 1,
                where(name) + " is " + StrictJson.describe(in.path(name)) + ", expected one character");
        return this;
    }

    JsonFields flag(String name) {
        JsonNode value = in.path(name);
        require(value.isBoolean(), where(name) + " is " + StrictJson.describe(value) + ", expected true or false");
        out.set(name, value);
        return this;
    }

    /// A flag that may be missing; null counts as missing.
    JsonFields flagIfThere(String name) {
        return has(name) ? flag(name) : this;
    }

    JsonFields oneOf(String name, String... values) {
        JsonNode value = in.path(name);
        require(
                value.isString() && Arrays.asList(values).contains(value.asString()),
                where(name) + " is " + StrictJson.describe(value) + ", expected one of " + String.join(", ", values));
        out.set(name, value);
        return this;
    }

    JsonFields count(String name, int least, int most) {
        JsonNode value = in.path(name);
        require(
                value.isInt() && value.asInt() >= least && value.asInt() <= most,
                where(name) + " is " + StrictJson.describe(value) + ", expected " + least + " to " + most);
        out.set(name, value);
        return this;
    }

    /// A list whose entries `check` copies.
    ///
    /// @param check takes the place of an entry and the entry
    JsonFields list(String name, BiFunction<String, JsonNode, JsonNode> check) {
        JsonNode list = in.path(name);
        require(list.isArray(), where(name) + " is " + StrictJson.describe(list) + ", expected a list");
        ArrayNode copied = JsonNodeFactory.instance.arrayNode(list.size());
        for (int i = 0; i < list.size(); i++) copied.add(check.apply(where(name) + "[" + i + "]", list.get(i)));
        out.set(name, copied);
        return this;
    }

    /// The error for a `type` that is not known.
    TokenizerException unknownType(List<String> known) {
        return new TokenizerException(where("type") + " is " + StrictJson.describe(in.path("type"))
                + ", expected one of " + String.join(", ", known));
    }
}
