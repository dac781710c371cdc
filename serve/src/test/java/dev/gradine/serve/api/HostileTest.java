package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.fuzz.Mutation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Requests that are changed at random in their bodies, or in everything: each gets an answer that is no
/// fault of the server's, or is dropped; afterwards the server is as it was.
class HostileTest {

    private static final List<String> WORDS = List.of(
            "null",
            "1e999",
            "-0",
            "99999999999999999999",
            "\"",
            "{",
            "[",
            "]}",
            "true",
            "\\ud800",
            "\\u0000",
            "\u00e9",
            "\"n\":",
            "\"stream\":true,",
            "\"stop\":",
            "\"logprobs\":",
            "\r\n",
            "\r\n\r\n",
            "chunked",
            "%00",
            "/../");

    private static final List<String> BODIES = List.of(
            "/v1/chat/completions {\"model\":\"base\",\"messages\":[{\"role\":\"system\","
                    + "\"content\":\"x\"},{\"role\":"
                    + "\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}],"
                    + "\"max_tokens\":5,\"temperature\":0.5,"
                    + "\"stop\":[\"lo\"],\"logprobs\":true,\"top_logprobs\":2,"
                    + "\"n\":2,\"seed\":7,\"lora\":[{\"id\":0}]}",
            "/v1/chat/completions {\"model\":\"sql\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"1\"},{\"role\":\"assistant\",\"content\":null,"
                    + "\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\","
                    + "\"function\":{\"name\":\"f\",\"arguments\":"
                    + "\"{}\"}}]},{\"role\":\"tool\",\"content\":\"2\"}],\"logit_bias\":{\"5\":-1},\"min_p\":0.1}",
            "/v1/completions {\"model\":\"base\",\"prompt\":[[1,2,3],[4]],"
                    + "\"echo\":true,\"logprobs\":1,\"max_tokens\":1,"
                    + "\"stop_token_ids\":[5],\"presence_penalty\":1,\"repetition_penalty\":1.1}",
            "/v1/completions {\"model\":\"base\",\"prompt\":[\"a\",\"b\"],"
                    + "\"stream\":true,\"min_tokens\":2,\"top_k\":3}",
            "/tokenize {\"prompt\":\"some text\",\"add_special_tokens\":false}",
            "/detokenize {\"tokens\":[1,2,3]}",
            "/lora-adapters [{\"id\":0,\"scale\":0.5},{\"id\":1}]",
            "/v1/load_lora_adapter {\"lora_name\":\"n\",\"lora_path\":\"new\",\"load_inplace\":true}",
            "/v1/unload_lora_adapter {\"lora_name\":\"n\"}");

    @TempDir
    private Path folder = Path.of("");

    @Test
    void two_thousand_changed_requests_leave_the_server_as_it_was() throws Exception {
        attack(2_000, 1);
    }

    @Test
    @Tag("slow")
    void a_hundred_thousand_changed_requests_leave_the_server_as_it_was() throws Exception {
        attack(100_000, 2);
    }

    private void attack(int requests, long seed) throws Exception {
        Files.createDirectories(folder.resolve("new"));
        var options = new ServerOptions(ServerOptions.defaults().http(), new ApiOptions(8, folder, false));
        try (Asking asking = new Asking(options)) {
            int answers = 0;
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < requests; i++) {
                byte[] request = i % 5 < 3 ? changedBody(random) : changedRequest(random, i % 5 == 3);
                String answer = send(asking.port(), request);
                if (!answer.isEmpty()) answers++;
                assertThat(answer)
                        .as("request %d: %s", i, new String(request, StandardCharsets.ISO_8859_1))
                        .matches("(?s)(HTTP/1.1 (200|204|400|404|405|409|413|415|501) .*)?");
            }
            assertThat(answers).isGreaterThan(requests * 9 / 10);
            assertThat(asking.log()).noneMatch(l -> l.startsWith("500"));
            while (asking.model().running() > 0) TimeUnit.MILLISECONDS.sleep(1);
            assertThat(asking.get("/health").statusCode()).isEqualTo(200);
            assertThat(asking.post("/v1/completions", "{\"model\":\"base\",\"prompt\":\"a\"}")
                            .body())
                    .contains("Hello");
        }
    }

    private static byte[] changedBody(SplittableRandom random) {
        String[] original = BODIES.get(random.nextInt(BODIES.size())).split(" ", 2);
        byte[] body = new Mutation(WORDS).of(original[1].getBytes(StandardCharsets.UTF_8), random);
        return joined(head(original[0]) + "Content-Length: " + body.length + "\r\n\r\n", body);
    }

    private static byte[] changedRequest(SplittableRandom random, boolean chunked) {
        String[] original = BODIES.get(random.nextInt(BODIES.size())).split(" ", 2);
        int length = original[1].length();
        String sent = chunked
                ? "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n".formatted(length, original[1])
                : "Content-Length: %d\r\n\r\n%s".formatted(length, original[1]);
        return new Mutation(WORDS).of((head(original[0]) + sent).getBytes(StandardCharsets.UTF_8), random);
    }

    private static String head(String path) {
        return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n";
    }

    private static byte[] joined(String head, byte[] body) {
        byte[] first = head.getBytes(StandardCharsets.UTF_8);
        byte[] all = java.util.Arrays.copyOf(first, first.length + body.length);
        System.arraycopy(body, 0, all, first.length, body.length);
        return all;
    }

    /// What is said before the connection is closed; nothing more is sent, so that the server does not wait
    /// for more.
    private static String send(int port, byte[] request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request);
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException _) {
            return ""; // it was closed while it was written to
        }
    }

    @Test
    void headers_beyond_bounds_are_refused() throws Exception {
        try (Asking asking = new Asking(ServerOptions.defaults())) {
            StringBuilder many = new StringBuilder("GET /health HTTP/1.1\r\n");
            for (int i = 0; i < 300; i++) many.append("X-%d: z\r\n".formatted(i));
            many.append("\r\n");
            String large = "GET /health HTTP/1.1\r\nX: " + "y".repeat(500_000) + "\r\n\r\n";
            String path = "GET /" + "y".repeat(500_000) + " HTTP/1.1\r\n\r\n";
            for (String request : List.of(many.toString(), large, path)) {
                assertThat(send(asking.port(), request.getBytes(StandardCharsets.UTF_8)))
                        .doesNotContain("200 OK");
            }
            assertThat(asking.get("/health").statusCode()).isEqualTo(200);
        }
    }

    @Test
    @Tag("slow")
    void a_client_that_does_not_send_its_headers_is_dropped() throws Exception {
        try (Asking asking = new Asking(ServerOptions.defaults());
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), asking.port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write("GET /health HTTP/1.1\r\nX-".getBytes(StandardCharsets.UTF_8));
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }
}
