package dev.gradine.serve.http;

import dev.gradine.io.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// Server-sent events, each on its way as soon as it happens: `data: {…}` and an empty line. HTML standard,
/// section 9.2.
public final class ServerEvents {

    private final Call call;
    private final OutputStream out;

    ServerEvents(Call call, OutputStream out) {
        this.call = call;
        this.out = out;
    }

    /// An event whose data is JSON.
    ///
    /// @throws IOException if the client has gone
    public void data(Object json) throws IOException {
        send("data: " + Json.line(json) + "\n\n");
    }

    /// A comment, which keeps proxies from closing a connection that is silent.
    public void ping() throws IOException {
        send(": ping\n\n");
    }

    /// The event after which none follows.
    public void done() throws IOException {
        send("data: [DONE]\n\n");
    }

    private void send(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        call.patiently(() -> {
            out.write(bytes);
            out.flush();
            return bytes.length;
        });
    }
}
