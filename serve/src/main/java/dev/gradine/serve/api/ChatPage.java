package dev.gradine.serve.api;

import dev.gradine.serve.http.Call;
import dev.gradine.serve.http.Route;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// `GET /`: a page to talk with the models, two beside each other if wanted. It asks as any other client does.
final class ChatPage {

    private ChatPage() {}

    static List<Route> routes() {
        return List.of(
                file("/", "chat.html", "text/html; charset=utf-8"),
                file("/chat.css", "chat.css", "text/css; charset=utf-8"),
                file("/chat.js", "chat.js", "text/javascript; charset=utf-8"));
    }

    private static Route file(String path, String name, String type) {
        return new Route("GET", path, true, call -> answer(call, name, type));
    }

    private static void answer(Call call, String name, String type) throws IOException {
        call.header("Content-Security-Policy", "default-src 'self'");
        call.header("X-Content-Type-Options", "nosniff");
        try (InputStream in = ChatPage.class.getResourceAsStream(name)) {
            if (in == null) throw new IllegalStateException("no resource " + name);
            call.text(type, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
