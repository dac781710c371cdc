package dev.gradine.serve.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/// Who may ask: those with the key, and pages of one origin.
final class Gate {

    private static final String BEARER = "Bearer ";

    private final HttpOptions options;

    Gate(HttpOptions options) {
        this.options = options;
    }

    /// Checks the key, in a time that does not depend on how much of it is right.
    ///
    /// @throws ApiException if it is not the right one
    void check(Call call) {
        String key = options.apiKey();
        if (key == null) return;
        String given = call.header("Authorization");
        boolean isBearer = given.startsWith(BEARER);
        byte[] said = bytes(isBearer ? given.substring(BEARER.length()) : "");
        if (MessageDigest.isEqual(said, bytes(key))) return;
        throw ApiException.request(
                401,
                "invalid_api_key",
                null,
                isBearer
                        ? "the API key is not the right one"
                        : "the API key is missing, expected a header Authorization: Bearer KEY");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// Tells browsers whose pages may read the answer.
    void mark(Call call) {
        String origin = options.cors();
        if (origin == null) return;
        call.header("Access-Control-Allow-Origin", origin);
        call.header("Access-Control-Expose-Headers", "x-gradine-seed, x-gradine-ignored");
        call.header("Vary", "Origin");
    }

    /// Whether a browser asks what it may ask; the answer is in the headers.
    boolean isPreflight(Call call) {
        if (options.cors() == null || !call.method().equals("OPTIONS")) return false;
        call.header("Access-Control-Allow-Methods", "GET, POST");
        call.header("Access-Control-Allow-Headers", "Authorization, Content-Type");
        call.header("Access-Control-Max-Age", "600");
        return true;
    }
}
