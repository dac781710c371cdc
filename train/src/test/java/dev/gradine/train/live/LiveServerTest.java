package dev.gradine.train.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.train.track.Tracker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Who is let in, and what becomes of those who leave or do not listen.
@Timeout(60)
class LiveServerTest {

    @TempDir
    private Path temp = Path.of("");

    private final HttpClient client = HttpClient.newHttpClient();
    private WatchedFolder run;
    private LiveServer server;

    @BeforeEach
    void open() {
        run = new WatchedFolder(temp.resolve("run"), 8);
        run.step(1, 2.5);
        View view = new RunView(WatchedRun.of(run.folder()), false);
        server = LiveServer.open(0, path -> path.isEmpty() ? List.of(view) : List.of(), Duration.ofMillis(400));
    }

    @AfterEach
    void close() {
        server.close();
        run.close();
        client.close();
    }

    private HttpResponse<String> get(String url) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
    }

    private int port() {
        return URI.create(server.url()).getPort();
    }

    /// The first line of the answer to a request written by hand: JDK's client does not let others choose a
    /// host.
    private String raw(String path, String... headers) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            String head =
                    "GET " + path + " HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
        }
    }

    private static void await(BooleanSupplier what) throws InterruptedException {
        long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!what.getAsBoolean() && System.nanoTime() < until) Thread.sleep(20);
        assertThat(what.getAsBoolean()).isTrue();
    }

    @Test
    void the_page_is_whole_and_speaks_with_its_server_alone() throws Exception {
        HttpResponse<String> page = get(server.url());
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(page.headers().firstValue("Referrer-Policy")).contains("no-referrer");
        assertThat(page.headers().firstValue("X-Frame-Options")).contains("DENY");
        assertThat(page.body())
                .contains("default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'")
                .contains("<title>SFT · tiny</title>")
                .doesNotContainPattern("(?i)<link|<iframe|\\ssrc\\s*=|url\\(|@import")
                .doesNotContain("{{");
        assertThat(page.body().split("https?://", -1))
                .as("where the charts' program comes from")
                .hasSize(2);
    }

    @Test
    void a_wrong_token_is_forbidden_whatever_the_path() throws Exception {
        String token = URI.create(server.url()).getPath().replace("/", "");
        String other = (token.charAt(0) == '0' ? "1" : "0") + token.substring(1);
        String base = "http://127.0.0.1:" + port();
        for (String path :
                List.of("/", "/favicon.ico", "/" + other + "/", "/" + other + "/events", "/" + token + "0/")) {
            assertThat(get(base + path).statusCode()).as(path).isEqualTo(403);
        }
        assertThat(token).hasSize(32);
        try (LiveServer second = LiveServer.open(0, _ -> List.of())) {
            assertThat(URI.create(second.url()).getPath()).doesNotContain(token);
        }
    }

    /// DNS rebinding: a page of evil.example that has its name lead to 127.0.0.1 is of the same origin as
    /// ours, but its requests carry the name.
    @Test
    void another_host_or_origin_is_forbidden_even_with_the_token() throws Exception {
        String path = URI.create(server.url()).getPath();
        String host = "Host: 127.0.0.1:" + port();
        assertThat(raw(path, host)).contains(" 200 ");
        assertThat(raw(path, "Host: localhost:" + port())).contains(" 200 ");
        assertThat(raw(path, host, "Origin: http://127.0.0.1:" + port())).contains(" 200 ");
        assertThat(raw(path, "Host: evil.example:" + port())).contains(" 403 ");
        assertThat(raw(path, "Host: 127.0.0.1")).contains(" 403 ");
        assertThat(raw(path, host, "Origin: http://evil.example")).contains(" 403 ");
        assertThat(raw(path, host, "Origin: null")).contains(" 403 ");
    }

    @Test
    void what_is_not_there_is_not_found_and_nothing_is_posted() throws Exception {
        for (String path : List.of("x", "run/0/", "..%2f..%2fetc/passwd", "../", "events/", "//", "run.json")) {
            assertThat(get(server.url() + path).statusCode()).as(path).isIn(403, 404);
        }
        assertThat(get(server.url().replaceFirst("/$", "")).statusCode()).isEqualTo(404);
        HttpRequest post = HttpRequest.newBuilder(URI.create(server.url()))
                .POST(HttpRequest.BodyPublishers.ofString("x"))
                .build();
        assertThat(client.send(post, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
        assertThat(wish(server.url())).as("a run of another process").isEqualTo(405);
    }

    private int wish(String url) throws IOException, InterruptedException {
        HttpRequest wish = HttpRequest.newBuilder(URI.create(url + "tape"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        return client.send(wish, BodyHandlers.discarding()).statusCode();
    }

    @Test
    void a_tape_is_wished_for_once_each_time() throws Exception {
        List<String> told = new ArrayList<>();
        Dashboard dashboard = new Dashboard(0, run.folder(), told::add);
        try {
            String url = told.getFirst().replaceFirst("dashboard: ", "");
            assertThat(dashboard.wishesTape()).isFalse();
            assertThat(wish(url)).isEqualTo(202);
            assertThat(dashboard.wishesTape()).isTrue();
            assertThat(dashboard.wishesTape()).isFalse();
        } finally {
            dashboard.end(Tracker.Status.FINISHED);
        }
    }

    @Test
    void a_port_in_use_is_one_line_and_the_listener_is_of_this_machine_alone() throws Exception {
        assertThatThrownBy(() -> LiveServer.open(port(), _ -> List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dashboard: port %d of 127.0.0.1 is in use; give another, or none, and one that is free is"
                                .formatted(port())
                        + " taken");
        try (ServerSocket other = new ServerSocket()) {
            other.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.2"), port())); // taken if bound to all
            assertThat(other.isBound()).isTrue();
        }
    }

    /// A browser as the test sees it: the lines of its stream, one after the other.
    private final class Browser implements AutoCloseable {
        private final HttpResponse<InputStream> answer;
        private final BufferedReader in;

        Browser(String... headers) throws IOException, InterruptedException {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + "events"));
            if (headers.length > 0) request.headers(headers);
            answer = client.send(request.build(), BodyHandlers.ofInputStream());
            in = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
        }

        /// The lines of the next event of this name.
        List<String> next(String name) throws IOException {
            List<String> lines = new ArrayList<>();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (!line.isEmpty()) {
                    lines.add(line);
                    continue;
                }
                if (lines.contains("event: " + name)) return lines;
                lines.clear();
            }
            throw new AssertionError("the stream ended before " + name);
        }

        @Override
        public void close() throws IOException {
            answer.body().close();
        }
    }

    @Test
    void history_comes_first_then_each_step_then_the_end() throws Exception {
        try (Browser browser = new Browser()) {
            assertThat(browser.answer.headers().firstValue("Content-Type")).contains("text/event-stream");
            assertThat(browser.next("run").getLast()).contains("\"status\":\"running\"", "\"name\":\"loss\"");
            assertThat(browser.next("curves"))
                    .contains("id: 1")
                    .last()
                    .asString()
                    .contains("\"anew\":true", "\"loss\":[[1],[2.5]]", "\"elapsed_seconds\":[[1],[0.5]]");
            assertThat(browser.next("part").getLast()).contains("step 1 of 100");
            run.step(2, 2.25);
            assertThat(browser.next("curves"))
                    .contains("id: 2")
                    .last()
                    .asString()
                    .contains("\"anew\":false", "\"loss\":[[2],[2.25]]", "\"elapsed_seconds\":[[2],[1.0]]");
            run.end();
            server.close();
            assertThat(browser.next("run").getLast()).contains("\"status\":\"finished\"");
            browser.next("end");
            await(() -> server.streams() == 0);
        }
    }

    @Test
    void a_browser_that_comes_back_gets_what_it_missed() throws Exception {
        for (int i = 2; i <= 50; i++) run.step(i, 1.0 / i);
        try (Browser browser = new Browser("Last-Event-ID", "48")) {
            assertThat(browser.next("curves").getLast())
                    .contains("\"anew\":false", "\"loss\":[[48,49,50],[" + 1.0 / 48 + "," + 1.0 / 49 + ",0.02]]");
        }
        try (Browser browser = new Browser("Last-Event-ID", "4; drop")) {
            assertThat(browser.next("curves").getLast()).contains("\"anew\":true", "\"loss\":[[1,2,");
        }
    }

    @Test
    void a_long_history_is_thinned() throws Exception {
        for (int i = 2; i <= 5000; i++) run.step(i, i == 3333 ? 99.5 : 1);
        try (Browser browser = new Browser()) {
            String json = browser.next("curves").getLast();
            String steps = json.replaceFirst(".*\"loss\":\\[\\[([0-9,]*)].*", "$1");
            assertThat(steps.split(","))
                    .hasSizeLessThanOrEqualTo(Cursor.MOST_POINTS)
                    .contains("3333", "5000");
            assertThat(json).contains("99.5");
        }
    }

    @Test
    void a_browser_that_disconnects_frees_its_thread() throws Exception {
        Browser browser = new Browser();
        browser.next("curves");
        assertThat(server.streams()).isEqualTo(1);
        browser.close();
        await(() -> server.streams() == 0);
    }

    /// It takes in nothing, until its connection and this machine's buffers are full.
    @Test
    void a_browser_that_does_not_read_is_dropped_and_others_are_served() throws Exception {
        try (Socket deaf = new Socket()) {
            deaf.setReceiveBufferSize(1024);
            deaf.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
            String head = "GET " + URI.create(server.url()).getPath() + "events HTTP/1.1\r\nHost: 127.0.0.1:" + port()
                    + "\r\n\r\n";
            deaf.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
            await(() -> server.streams() == 1);
            long step = 1;
            long slowest = 0;
            while (server.streams() == 1 && step < 400_000) {
                long before = System.nanoTime();
                for (int i = 0; i < 2000; i++) run.step(++step, 1.0 / step);
                slowest = Math.max(slowest, System.nanoTime() - before);
                Thread.sleep(100);
            }
            assertThat(server.streams()).as("dropped after %d steps", step).isZero();
            try (Browser browser = new Browser()) {
                assertThat(browser.next("curves")).contains("id: " + step);
            }
            assertThat(Duration.ofNanos(slowest)).as("2000 lines of a log").isLessThan(Duration.ofSeconds(5));
        }
    }
}
