package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gradine.cli.pipeline.PipelineRecipes;
import dev.gradine.io.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A pipeline does what has not been done, and no more; what is wrong with it is told before anything runs.
class PipelineTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final String STORIES = "golden/assets/models/stories260K/stories260K-f32.gguf";

    @TempDir
    private Path temp = Path.of("");

    private HttpServer judge = server();

    @BeforeEach
    void start() {
        judge.start();
    }

    @AfterEach
    void stop() {
        judge.stop(0);
    }

    /// A judge that likes the answer whose text is first in the order of characters, wherever it stands.
    private static HttpServer server() {
        try {
            HttpServer s = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            s.createContext("/v1/chat/completions", PipelineTest::answer);
            return s;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void answer(HttpExchange e) throws IOException {
        JsonNode messages =
                new JsonMapper().readTree(e.getRequestBody().readAllBytes()).required("messages");
        String[] parts = messages.required(1).required("content").asString().split("Answer of [AB]", -1);
        int order = parts[1].replaceFirst("\\n\\n\\[$", "").strip().compareTo(parts[2].strip());
        String said = "I looked at both. [[" + (order == 0 ? "C" : order < 0 ? "A" : "B") + "]]";
        byte[] body = Json.line(Map.of("choices", List.of(Map.of("message", Map.of("content", said)))))
                .getBytes(StandardCharsets.UTF_8);
        e.sendResponseHeaders(200, body.length);
        e.getResponseBody().write(body);
        e.close();
    }

    /// The recipe `stories` with the judge above.
    private Path stories() {
        String url = "judge-url: http://127.0.0.1:%d/v1\n    judge-name: j"
                .formatted(judge.getAddress().getPort());
        String text =
                PipelineRecipes.text("stories").replace("judge-model: ${judge}\n    judge-chat-template: alpaca", url);
        return TinyModel.text(temp.resolve("stories.yaml"), text);
    }

    private Cli pipeline(Path file, Object... more) {
        List<Object> all = new ArrayList<>(List.of("pipeline", "--config", file, "--out", temp.resolve("runs")));
        all.addAll(List.of(
                "--set", "model=" + ROOT.resolve(STORIES), "--set", "base-text=" + ROOT + "/golden/assets/data/lm"));
        all.addAll(List.of("--set", "data=" + ROOT + "/examples/pipelines/stories"));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    /// Stages that began or were done before, as a run told.
    private static List<String> told(Cli run, String what) {
        return run.err()
                .lines()
                .filter(l -> l.contains(": " + what + " ("))
                .map(l -> l.replaceFirst("gradine: ", "").replaceFirst(": " + what + ".*", ""))
                .toList();
    }

    @Test
    @Tag("slow")
    void all_is_done_once_and_after_an_edit_what_depends_on_it() throws IOException {
        Path file = stories();
        Cli first = pipeline(file).ok();
        assertThat(told(first, "begins"))
                .startsWith("text-before", "sft", "answers-before", "dpo (round 1)", "answers (round 1)")
                .contains("feedback (round 2)", "merged (round 2)");
        assertThat(first.out())
                .contains(
                        "judge: win rate",
                        "text: tinystories word_perplexity",
                        "answers: divergence from the base",
                        "feedback: pairs",
                        "best round: ")
                .contains("text-merged after text: tinystories word_perplexity");
        String page = Files.readString(temp.resolve("runs/report.html"));
        assertThat(page).contains("<h1>Two rounds with a story model", "round 2", "its page", "judge: win rate");
        assertThat(page).doesNotContain("{{");

        Cli again = pipeline(file).ok();
        assertThat(told(again, "begins")).isEmpty();
        assertThat(told(again, "done before")).hasSize(19);
        assertThat(again.out()).endsWith(first.out().substring(first.out().lastIndexOf("best round: ")));

        Cli edited = pipeline(file, "--set", "beta=0.3", "--rounds", 1).ok();
        assertThat(told(edited, "done before")).containsExactly("text-before", "sft", "answers-before");
        assertThat(told(edited, "begins"))
                .startsWith("dpo (round 1)", "answers (round 1)")
                .endsWith("feedback (round 1)");
    }

    @Test
    @Tag("slow")
    void a_dry_run_says_what_would_be_run_and_what_it_needs() throws IOException {
        Path file = stories();
        Cli dry = pipeline(file, "--dry-run", "--rounds", 1).ok();
        assertThat(dry.out().lines()).hasSize(11).allMatch(l -> l.contains("to run"));
        assertThat(dry.out()).containsPattern("sft +sft +[0-9a-f]{12}  to run +at most [0-9.]+ MB, [0-9.]+ s\n");
        assertThat(temp.resolve("runs")).doesNotExist();
        pipeline(file, "--until", "sft").ok();
        assertThat(pipeline(file, "--dry-run").ok().out().lines().filter(l -> l.endsWith(" done")))
                .hasSize(2);
        Cli early = pipeline(file, "--from", "dpo");
        assertThat(early.err())
                .contains("--from dpo: stage answers-before has not finished, expected an earlier --from");
        TinyModel.text(only("sft-").resolve("out/adapter_config.json"), "{}");
        Cli changed = pipeline(file, "--until", "sft");
        assertThat(changed.code()).isEqualTo(2);
        assertThat(changed.err())
                .contains("out/adapter_config.json: is no longer what stage sft wrote; remove the folder");
    }

    /// Pairs of the judge: of answers in question 6 none enters, which is held out.
    @Test
    @Tag("slow")
    void feedback_keeps_the_reason_and_leaves_held_out_prompts_out() throws IOException {
        pipeline(stories(), "--rounds", 1).ok();
        Path folder = only("feedback-");
        List<String> rows = Files.readAllLines(folder.resolve("pairs.jsonl"));
        assertThat(rows).isNotEmpty().allMatch(r -> r.contains("\"reason\":\"I looked at both."));
        assertThat(rows).noneMatch(r -> r.contains("about a frog")); // of held-out.jsonl
        assertThat(Json.readObject(folder.resolve("feedback.json"))).containsEntry("judged", 6);
    }

    private Path only(String name) throws IOException {
        try (Stream<Path> all = Files.list(temp.resolve("runs"))) {
            return all.filter(f -> String.valueOf(f.getFileName()).startsWith(name))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    @Tag("slow")
    void what_was_killed_goes_on_where_it_was_and_comes_to_the_same_bytes() throws IOException {
        TinyModel.write(temp.resolve("model"));
        TinyModel.tokenRows(temp.resolve("rows.jsonl"), 8, 8, 1);
        Path file = TinyModel.text(
                temp.resolve("p.yaml"), """
                stages:
                  - uses: sft
                    model: %s
                    data: %s
                    steps: 300
                    save-every: 5
                    samples: 0
                """.formatted(temp.resolve("model"), temp.resolve("rows.jsonl")));
        Path killed = temp.resolve("killed");
        try (Child child = Child.start(temp, "pipeline", "--config", file, "--out", killed)) {
            child.await(
                    "a checkpoint",
                    () -> half(killed).stream().anyMatch(p -> Files.exists(p.resolve("out/checkpoints"))));
            child.kill();
        }
        Cli on = Cli.run("pipeline", "--config", file, "--out", killed).ok();
        assertThat(told(on, "goes on")).containsExactly("sft");
        Cli.run("pipeline", "--config", file, "--out", temp.resolve("whole")).ok();
        assertThat(adapter(killed)).isEqualTo(adapter(temp.resolve("whole")));
    }

    private static List<Path> half(Path root) {
        try (Stream<Path> all = Files.list(root)) {
            return all.filter(f -> f.toString().endsWith(".part")).toList();
        } catch (IOException _) {
            return List.of(); // not there yet
        }
    }

    private static byte[] adapter(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return Files.readAllBytes(all.filter(f -> f.endsWith("out/adapter_model.safetensors"))
                    .findFirst()
                    .orElseThrow());
        }
    }

    static List<String> recipes() {
        return PipelineRecipes.NAMES;
    }

    /// Each with a tiny model for whatever it wants to be given.
    @ParameterizedTest
    @MethodSource("recipes")
    @Tag("slow")
    void every_recipe_has_options_that_there_are(String recipe) {
        Path model = TinyModel.write(temp.resolve("model"));
        List<Object> args = new ArrayList<>(List.of("pipeline", "--recipe", recipe, "--dry-run"));
        args.addAll(List.of("--out", temp.resolve("runs")));
        PipelineRecipes.text(recipe)
                .lines()
                .dropWhile(l -> !l.equals("vars:"))
                .takeWhile(l -> !l.equals("stages:"))
                .filter(l -> l.matches("  [a-z-]+:( .*/.*)?")) // without a value, or a path from the root
                .forEach(l -> args.addAll(List.of("--set", l.strip().replaceFirst(":.*", "=") + model)));
        if (recipe.equals("stories"))
            args.addAll(List.of("--set", "data=" + ROOT.resolve("examples/pipelines/stories")));
        assertThat(Cli.run(args.toArray()).ok().out().lines())
                .hasSizeGreaterThan(4)
                .allMatch(l -> l.contains("  to run"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {uses: stf, model: m}                           | uses: stf, expected one of
            {uses: sft, model: MODEL, data: MODEL, rnak: 4} | s: unknown key rnak; did you mean rank?
            {uses: sft, model: MODEL, data: MODEL, out: x}  | s: out is the pipeline's, expected no such option
            {uses: sft, model: MODEL, data: none.jsonl}     | s: data: none.jsonl is not there
            {uses: sft, model: MODEL, data: MODEL, lr: x}   | s: --lr: "x", expected a number
            {uses: merge, model: MODEL, adapter: '${t.adapter}'} | s: adapter: there is no stage t
            {uses: merge, model: MODEL, adapter: '${s.adapter}'} | s: adapter: s comes later
            {uses: merge, model: '${base}'}                 | s: model: base has no value, expected --set base=…
            {uses: merge, model: '${bse}'}                  | s: model: there is no variable bse, expected one of [base]
            """)
    void a_mistake_is_told_before_anything_runs(String stage, String message) {
        String model = TinyModel.write(temp.resolve("model")).toString();
        Path file = TinyModel.text(
                temp.resolve("p.yaml"),
                "vars: {base: }\nstages:\n  - " + stage.replace("MODEL", model).replace("{uses", "{name: s, uses")
                        + "\n");
        Cli run = Cli.run("pipeline", "--config", file, "--out", temp.resolve("runs"));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains(message);
        assertThat(run.err().lines()).hasSize(1);
    }
}
