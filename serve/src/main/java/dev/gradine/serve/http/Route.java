package dev.gradine.serve.http;

import java.io.IOException;

/// What is answered at a path.
///
/// @param method such as `GET`
/// @param path the whole path; with `*` at its end, all that begin so
/// @param isOpen whether it is answered without the key, too
/// @param handler answers
public record Route(String method, String path, boolean isOpen, Handler handler) {

    /// Answers calls, several at once.
    public interface Handler {

        /// Answers one.
        ///
        /// @throws ApiException if it cannot be answered; its body is sent instead
        /// @throws IOException if the client has gone
        /// @throws InterruptedException if the server ends
        void answer(Call call) throws IOException, InterruptedException;
    }

    /// A route behind the key.
    public static Route get(String path, Handler handler) {
        return new Route("GET", path, false, handler);
    }

    /// A route behind the key.
    public static Route post(String path, Handler handler) {
        return new Route("POST", path, false, handler);
    }

    /// Whether it is that of a path.
    boolean isAt(String asked) {
        return path.endsWith("*") ? asked.startsWith(path.substring(0, path.length() - 1)) : asked.equals(path);
    }

    @Override
    public String toString() {
        return method + " " + path;
    }
}
