package dev.gradine.serve.api;

import dev.gradine.data.OneLine;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import dev.gradine.serve.http.ApiException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// An object of a request while it is read: what is there has to be of its kind and within its range, and
/// what nobody asked for is remembered. A field that is null is not there.
final class Fields {

    private final String path; // with a point at its end, or empty
    private final Map<String, ?> values;
    private final Set<String> known = new LinkedHashSet<>();
    private final List<Fields> inner = new ArrayList<>();

    private Fields(String path, Map<String, ?> values) {
        this.path = path;
        this.values = values;
    }

    /// @throws ApiException if a body is no object of JSON; says where
    static Fields parse(byte[] utf8) {
        return parse(utf8, body -> Json.parseObject("body", body));
    }

    /// The list that is a body, in a field that no message names.
    ///
    /// @throws ApiException if a body is no list of JSON; says where
    static Fields parseList(String field, byte[] utf8) {
        return parse(utf8, body -> {
            if (Json.parse("body", body, Object.class) instanceof List<?> list) return Map.of(field, list);
            throw notJson("body: line 1: expected a JSON list, [ ... ]");
        });
    }

    private static Fields parse(byte[] utf8, Function<byte[], Map<String, Object>> reader) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8));
            Map<String, Object> values = reader.apply(utf8);
            requireWhole(values);
            return new Fields("", values);
        } catch (CharacterCodingException e) {
            throw notJson("body: is not UTF-8");
        } catch (CheckpointException e) {
            throw notJson(OneLine.of(String.valueOf(e.getMessage()), 400));
        }
    }

    private static ApiException notJson(String message) {
        return ApiException.request(400, "invalid_json", null, message);
    }

    /// Halves of surrogate pairs, which escapes can write, are no text.
    private static void requireWhole(@Nullable Object value) {
        if (value instanceof Map<?, ?> m) {
            m.keySet().forEach(Fields::requireWhole);
            m.values().forEach(Fields::requireWhole);
        }
        if (value instanceof List<?> l) l.forEach(Fields::requireWhole);
        if (value instanceof String s && s.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF)) {
            throw notJson("body: a string has half of a surrogate pair, expected both halves");
        }
    }

    /// An object within this one, called `name` in messages.
    Fields within(String name, Object value) {
        if (!(value instanceof Map<?, ?> m)) throw wrong(name, value, "an object");
        @SuppressWarnings("unchecked") // keys of JSON are strings
        Fields f = new Fields(path + name + ".", (Map<String, ?>) m);
        inner.add(f);
        return f;
    }

    /// The object in a field.
    Fields object(String field) {
        Object v = value(field);
        if (v == null) throw ApiException.missing(name(field), "an object");
        return within(field, v);
    }

    /// Its name in messages.
    String name(String field) {
        return path + field;
    }

    /// Names of all fields.
    Set<String> names() {
        return values.keySet();
    }

    /// The value, null where there is none.
    @Nullable
    Object value(String field) {
        known.add(field);
        return values.get(field);
    }

    boolean has(String field) {
        return value(field) != null;
    }

    /// Fields that are known and have no effect.
    void accept(String... fields) {
        known.addAll(List.of(fields));
    }

    String text(String field) {
        Object v = value(field);
        if (v == null) throw ApiException.missing(name(field), "a string");
        if (v instanceof String s) return s;
        throw wrong(field, v, "a string");
    }

    boolean flag(String field, boolean otherwise) {
        Object v = value(field);
        if (v == null) return otherwise;
        if (v instanceof Boolean b) return b;
        throw wrong(field, v, "true or false");
    }

    double number(String field, double least, double most, double otherwise) {
        Object v = value(field);
        if (v == null) return otherwise;
        double d = v instanceof Number n ? n.doubleValue() : Double.NaN;
        if (d >= least && d <= most) return d;
        throw wrong(field, v, "a number from %s to %s".formatted(shown(least), shown(most)));
    }

    private static String shown(double limit) {
        return limit == Math.rint(limit) ? Long.toString((long) limit) : Double.toString(limit);
    }

    long whole(String field, long least, long most, long otherwise) {
        Object v = value(field);
        if (v == null) return otherwise;
        if ((v instanceof Integer || v instanceof Long) && ((Number) v).longValue() >= least) {
            long n = ((Number) v).longValue();
            if (n <= most) return n;
        }
        String upTo = most >= Integer.MAX_VALUE ? " of at least " + least : " from %d to %d".formatted(least, most);
        throw wrong(field, v, "a whole number" + (least == Long.MIN_VALUE ? " of 64 bits" : upTo));
    }

    /// A list, empty where there is none.
    List<?> list(String field) {
        Object v = value(field);
        if (v == null) return List.of();
        if (v instanceof List<?> l) return l;
        throw wrong(field, v, "a list");
    }

    ApiException wrong(String field, @Nullable Object is, String expected) {
        String shown = is == null ? "null" : OneLine.of(Json.line(is), 80);
        String message = "%s is %s, expected %s".formatted(OneLine.of(name(field), 80), shown, expected);
        return ApiException.value(OneLine.of(name(field), 80), message);
    }

    /// Fields that nobody asked for, by their whole names.
    Set<String> unknown() {
        Set<String> all = new TreeSet<>();
        for (String name : values.keySet()) if (!known.contains(name)) all.add(name(name));
        inner.forEach(f -> all.addAll(f.unknown()));
        return all;
    }
}
