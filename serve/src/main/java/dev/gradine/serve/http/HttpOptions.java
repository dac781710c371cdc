package dev.gradine.serve.http;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Who may ask, and how much.
///
/// @param host address that is listened on
/// @param port of it; 0 for any that is free
/// @param apiKey what a request has to bring as `Authorization: Bearer KEY`; null for nothing
/// @param cors origin whose pages may read answers, `*` for all; null for none
/// @param maxBody largest body of a request, in bytes
/// @param patience longest time in which a client sends its body, or takes in a piece of an answer
/// @param farewell how long running requests may go on when the server ends
public record HttpOptions(
        String host,
        int port,
        @Nullable String apiKey,
        @Nullable String cors,
        int maxBody,
        Duration patience,
        Duration farewell) {

    /// Port 8000 of this machine alone, without a key.
    public static HttpOptions defaults() {
        return new HttpOptions("127.0.0.1", 8000, null, null, 4 << 20, Duration.ofSeconds(30), Duration.ofSeconds(30));
    }

    /// @throws IllegalArgumentException if a number is out of range
    public HttpOptions {
        if (port < 0 || port > 65535) throw new IllegalArgumentException("port is " + port + ", expected 0 to 65535");
        if (maxBody < 1) throw new IllegalArgumentException("max-body is " + maxBody + ", expected at least 1 byte");
        if (apiKey != null && apiKey.isBlank()) throw new IllegalArgumentException("api-key is blank, expected a key");
    }

    /// The same at another port.
    public HttpOptions at(int other) {
        return new HttpOptions(host, other, apiKey, cors, maxBody, patience, farewell);
    }

    /// The same behind a key.
    public HttpOptions withKey(String key) {
        return new HttpOptions(host, port, key, cors, maxBody, patience, farewell);
    }
}
