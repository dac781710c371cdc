package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Typed, checked access to the tokenizer keys of GGUF metadata.
final class GgufMetadata {
    private final String what;
    private final Map<String, Object> map;

    GgufMetadata(String what, Map<String, Object> map) {
        this.what = what;
        this.map = map;
    }

    String what() {
        return what;
    }

    boolean has(String key) {
        return map.containsKey(key);
    }

    String string(String key) {
        Object v = map.get(key);
        if (v instanceof String s) return s;
        throw new TokenizerException(what + ": " + key + " is " + describe(v) + ", expected a string");
    }

    boolean flag(String key, boolean otherwise) {
        Object v = map.get(key);
        if (v == null) return otherwise;
        if (v instanceof Boolean b) return b;
        throw new TokenizerException(what + ": " + key + " is " + describe(v) + ", expected true or false");
    }

    /// An id, or [SpecialTokens#NONE] where the key is absent.
    int id(String key) {
        Object v = map.get(key);
        if (v == null) return SpecialTokens.NONE;
        if (v instanceof Number n && n.longValue() >= 0 && n.longValue() <= Integer.MAX_VALUE) return n.intValue();
        if (v instanceof Integer n && n == -1) return SpecialTokens.NONE;
        throw new TokenizerException(what + ": " + key + " is " + describe(v) + ", expected a token id");
    }

    String[] tokens() {
        return strings("tokenizer.ggml.tokens");
    }

    String[] strings(String key) {
        Object list = array(key);
        String[] out = new String[length(list)];
        for (int i = 0; i < out.length; i++) {
            Object v = at(list, i);
            if (!(v instanceof String s)) {
                throw new TokenizerException(
                        what + ": " + key + "[" + i + "] is " + describe(v) + ", expected a string");
            }
            out[i] = s;
        }
        return out;
    }

    float[] scores() {
        double[] wide = numbers("tokenizer.ggml.scores");
        float[] out = new float[wide.length];
        for (int i = 0; i < out.length; i++) out[i] = (float) wide[i];
        return out;
    }

    /// Kind of every token; all normal where the file does not say.
    int[] kinds() {
        int[] out = new int[tokens().length];
        Arrays.fill(out, PieceTable.NORMAL);
        if (!has("tokenizer.ggml.token_type")) return out;
        double[] kinds = numbers("tokenizer.ggml.token_type");
        require(
                kinds.length == out.length,
                what + ": tokenizer.ggml.token_type has " + kinds.length + " entries, expected " + out.length
                        + " (one per token)");
        for (int i = 0; i < out.length; i++) out[i] = (int) kinds[i];
        return out;
    }

    private double[] numbers(String key) {
        Object list = array(key);
        double[] out = new double[length(list)];
        for (int i = 0; i < out.length; i++) {
            Object v = at(list, i);
            if (!(v instanceof Number n)) {
                throw new TokenizerException(
                        what + ": " + key + "[" + i + "] is " + describe(v) + ", expected a number");
            }
            out[i] = n.doubleValue();
        }
        return out;
    }

    private Object array(String key) {
        Object v = map.get(key);
        if (v instanceof List<?> || (v != null && v.getClass().isArray())) return v;
        throw new TokenizerException(what + ": " + key + " is " + describe(v) + ", expected an array");
    }

    private static int length(Object list) {
        return list instanceof List<?> l ? l.size() : Array.getLength(list);
    }

    private static Object at(Object list, int i) {
        return list instanceof List<?> l ? l.get(i) : Array.get(list, i);
    }

    private static String describe(@Nullable Object v) {
        if (v == null) return "missing";
        if (v instanceof String s) return "the string '" + s + "'";
        return v instanceof Number || v instanceof Boolean ? v.toString() : "an array";
    }
}
