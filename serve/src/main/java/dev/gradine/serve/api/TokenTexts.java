package dev.gradine.serve.api;

import dev.gradine.data.token.Tokenizer;
import dev.gradine.nn.generate.DrawnToken;
import dev.gradine.serve.http.JsonMap;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Tokens one by one, as log-probabilities name them. For one thread.
final class TokenTexts {

    private static final float LEAST = -9999; // JSON has no infinity
    private static final char BROKEN = '\uFFFD';

    private final Tokenizer tokenizer;
    private final int[] before; // tokenizers that begin texts with a space take it from the first token
    private final String start;
    private final Map<Integer, String> known = new HashMap<>();

    /// @param tokenizer of the model
    TokenTexts(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        before = tokenizer.encode("a", false);
        start = tokenizer.decode(before, false);
    }

    /// What a token adds to a text; U+FFFD for pieces of characters.
    String text(int id) {
        return known.computeIfAbsent(id, this::decoded);
    }

    private String decoded(int id) {
        int[] both = Arrays.copyOf(before, before.length + 1);
        both[before.length] = id;
        String whole = tokenizer.decode(both, false);
        return whole.startsWith(start) ? whole.substring(start.length()) : tokenizer.decode(new int[] {id}, false);
    }

    /// Its bytes, also where they are part of a character.
    List<Integer> bytes(int id) {
        String text = text(id);
        byte[] bytes = text.indexOf(BROKEN) >= 0 ? raw(tokenizer.token(id), text) : utf8(text);
        List<Integer> out = new ArrayList<>();
        for (byte b : bytes) out.add(b & 0xFF);
        return out;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// As vocabularies write bytes: `<0xE2>`, or each as a letter of its own.
    private static byte[] raw(String token, String text) {
        if (token.matches("<0x[0-9A-F]{2}>")) return new byte[] {(byte) Integer.parseInt(token.substring(3, 5), 16)};
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < token.length(); i++) {
            int b = ByteLetters.value(token.charAt(i));
            if (b < 0) return utf8(text);
            out.write(b);
        }
        return out.toByteArray();
    }

    /// A log-probability as JSON can have it.
    static Float logProb(float value) {
        return Math.max(value, LEAST);
    }

    /// `logprobs` of a chat: an entry for each token.
    Map<String, @Nullable Object> chat(List<DrawnToken> tokens) {
        List<Object> content = new ArrayList<>();
        for (DrawnToken t : tokens) {
            var entry = entry(t.id(), t.logProb());
            entry.put(
                    "top_logprobs",
                    t.likeliest().stream().map(l -> entry(l.id(), l.logProb())).toList());
            content.add(entry);
        }
        return JsonMap.of("content", content, "refusal", null);
    }

    private Map<String, @Nullable Object> entry(int id, float logProb) {
        return JsonMap.of("token", text(id), "logprob", logProb(logProb), "bytes", bytes(id));
    }
}
