package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Adapters that come and go while serving, and the tokenizer for clients.
class AdaptersAndTokensTest {

    @TempDir
    private Path folder = Path.of("");

    private Asking updating() throws IOException {
        Files.createDirectories(folder.resolve("adapters/new"));
        Files.createDirectories(folder.resolve("secret"));
        Files.createSymbolicLink(folder.resolve("adapters/link"), folder.resolve("secret"));
        return new Asking(new ServerOptions(
                ServerOptions.defaults().http(), new ApiOptions(8, folder.resolve("adapters"), false)));
    }

    private static HttpResponse<String> load(Asking asking, String name, String path) {
        return asking.post("/v1/load_lora_adapter", "{\"lora_name\":\"" + name + "\",\"lora_path\":\"" + path + "\"}");
    }

    @Test
    void adapters_are_loaded_and_removed_by_name() throws IOException {
        try (Asking asking = updating()) {
            HttpResponse<String> answer = load(asking, "n", "new");
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("Success: LoRA adapter 'n' added successfully.");
            assertThat(asking.get("/v1/models").body()).contains("\"id\":\"n\"");
            assertThat(load(asking, "n", "new").statusCode()).isEqualTo(409);
            assertThat(asking.get("/lora-adapters").body())
                    .isEqualTo("[{\"id\":0,\"path\":\"/adapters/sql\",\"scale\":0.0},"
                            + "{\"id\":1,\"path\":\"/adapters/a.b\","
                            + "\"scale\":0.0},{\"id\":2,\"path\":\"/adapters/n\",\"scale\":0.0}]");
            answer = asking.post("/v1/unload_lora_adapter", "{\"lora_name\":\"n\"}");
            assertThat(answer.body()).isEqualTo("Success: LoRA adapter 'n' removed successfully.");
            answer = asking.post("/v1/unload_lora_adapter", "{\"lora_name\":\"n\"}");
            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body()).contains("\"code\":\"adapter_not_found\"");
            answer = load(asking, "bad", "new");
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).contains("w: is [2], expected [3]", "\"code\":\"adapter_invalid\"");
        }
    }

    @Test
    void scales_of_adapters_that_act_with_the_base_are_chosen_by_number_or_name() {
        try (Asking asking = new Asking(ServerOptions.defaults())) {
            HttpResponse<String> answer =
                    asking.post("/lora-adapters", "[{\"id\":1,\"scale\":0.5},{\"id\":\"sql\",\"scale\":-1}]");
            assertThat(answer.body()).isEqualTo("{\"success\":true}");
            String chosen = asking.get("/lora-adapters").body();
            assertThat(chosen).contains("sql\",\"scale\":-1.0}", "a.b\",\"scale\":0.5}");
            Map<String, String> refused = Map.of(
                    "[{\"id\":2}]", "[0].id is 2, expected the name of an adapter, or its number below 2",
                    "[{\"id\":0},{\"id\":\"sql\"}]", "[1].id is `sql` again, expected another",
                    "[{\"id\":0,\"scale\":\"x\"}]", "[0].scale is \\\"x\\\", expected a number from -100 to 100",
                    "[{\"scale\":1}]", "[0].id is null, expected the name of an adapter, or its number below 2",
                    "[0]", "[0] is 0, expected an object",
                    "null", "body: line 1: expected a JSON list, [ ... ]",
                    "{\"id\":0}", "body: line 1: expected a JSON list, [ ... ]",
                    "[{\"id\":\"no\"}]", "there is no adapter `?`");
            refused.forEach((body, message) -> {
                HttpResponse<String> no = asking.post("/lora-adapters", body);
                assertThat(no.statusCode()).as(body).isEqualTo(400);
                assertThat(no.body()).as(body).contains(message);
            });
            assertThat(asking.get("/lora-adapters").body()).isEqualTo(chosen);
            asking.post("/lora-adapters", "[]");
            assertThat(asking.get("/lora-adapters").body()).contains("sql\",\"scale\":0.0}", "a.b\",\"scale\":0.0}");
        }
    }

    @Test
    void only_folders_within_the_one_that_was_named_are_read() throws IOException {
        try (Asking asking = updating()) {
            String[] outside = {"../secret", "link", "/etc", "new/../../secret", "https://x/y", "none", "a\\u0000b"};
            for (String path : outside) {
                HttpResponse<String> answer = load(asking, "n", path);
                assertThat(answer.statusCode()).as(path).isEqualTo(400);
                assertThat(answer.body()).as(path).contains("\"code\":\"adapter_invalid\"");
            }
            assertThat(load(asking, "n", folder.resolve("adapters/new").toString())
                            .statusCode())
                    .isEqualTo(200);
            for (String name : new String[] {"", "..", "a/b", "a b", "x".repeat(65), "a\\nb"}) {
                assertThat(load(asking, name, "new").statusCode()).as(name).isEqualTo(400);
            }
        }
    }

    @Test
    void without_leave_nothing_is_loaded_or_removed() {
        try (Asking asking = new Asking(ServerOptions.defaults())) {
            assertThat(load(asking, "n", "new").statusCode()).isEqualTo(404);
            HttpResponse<String> answer = asking.post("/v1/unload_lora_adapter", "{\"lora_name\":\"sql\"}");
            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body()).contains("--allow-adapter-updates");
        }
    }

    @Test
    void texts_become_tokens_and_tokens_texts() {
        try (Asking asking = new Asking(ServerOptions.defaults())) {
            assertThat(asking.post("/tokenize", "{\"prompt\":\"ab\",\"add_special_tokens\":false}")
                            .body())
                    .isEqualTo("{\"tokens\":[64,65],\"count\":2,\"max_model_len\":200}");
            String chat = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
            assertThat(asking.post("/tokenize", chat).body()).contains("\"count\":21");
            assertThat(asking.post("/detokenize", "{\"tokens\":[257,64,65]}").body())
                    .isEqualTo("{\"prompt\":\"<|im_start|>ab\"}");
            assertThat(asking.post("/detokenize", "{\"tokens\":[-1]}").statusCode())
                    .isEqualTo(400);
            assertThat(asking.get("/tokenizer_info").body())
                    .startsWith("{\"eos_token\":\"<|im_end|>\",\"bos_token\":\"<|endoftext|>\","
                            + "\"pad_token\":\"<|pad|>\","
                            + "\"chat_template\":\"{% for message in messages %}");
        }
    }

    @Test
    void metrics_count_tokens_answers_and_time() {
        try (Asking asking = new Asking(ServerOptions.defaults())) {
            asking.post("/v1/completions", "{\"model\":\"sql\",\"prompt\":\"a\"}");
            asking.get("/none");
            String text = asking.get("/metrics").body();
            while (!text.contains("status=\"404\"")) { // what was answered is counted a moment later
                text = asking.get("/metrics").body();
            }
            assertThat(text)
                    .contains("\n# TYPE gradine_requests_running gauge\ngradine_requests_running 0\n")
                    .contains("\ngradine_adapters_resident 2\n")
                    .contains("\ngradine_tokens_total{model=\"sql\"} 5\n")
                    .contains("\n# TYPE gradine_spec_decode_num_draft_tokens_total counter\n")
                    .contains("\ngradine_spec_decode_num_draft_tokens_total 7\n")
                    .contains("\ngradine_spec_decode_num_accepted_tokens_total 5\n")
                    .containsPattern("\ngradine_answers_total\\{status=\"200\"} [1-9]")
                    .contains("\ngradine_answers_total{status=\"404\"} 1\n")
                    .contains("\ngradine_time_to_first_token_seconds_bucket{le=\"+Inf\"} 1\n")
                    .contains("\ngradine_time_to_first_token_seconds_count 1\n")
                    .contains("\ngradine_time_per_token_seconds_count 4\n");
        }
    }
}
