package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {

    @TempDir
    private Path temp = Path.of("");

    private static Cli serve(Object... more) {
        Object[] all = new Object[more.length + 3];
        all[0] = "serve";
        all[1] = "--model";
        all[2] = TrlModel.BASE;
        System.arraycopy(more, 0, all, 3, more.length);
        return Cli.run(all);
    }

    @Test
    void a_process_serves_adapters_by_name_and_ends_when_it_is_told_to() throws Exception {
        try (ServerProcess server = ServerProcess.start(temp)) {
            assertThat(server.get("/v1/models")).contains("\"base\"", "\"dpo\"", "\"alphapo\"");
            assertThat(server.chat("dpo", "Tell me a story")).isEqualTo(TrlModel.generated("dpo", "Tell me a story"));
            assertThat(server.chat("alphapo", "Tell me a story"))
                    .isEqualTo(TrlModel.generated("alphapo", "Tell me a story"));
            server.child().terminate();
            assertThat(server.child().code()).isEqualTo(143);
        }
    }

    @Test
    void guesses_change_no_answer_and_are_counted() throws Exception {
        String module = "[{\"name\": \"bco\", \"path\": \"%s\", \"base_model_name\": \"base\"}]"
                .formatted(Golden.golden("trl/bco/end"));
        try (ServerProcess server = ServerProcess.start(temp, "--prompt-lookup", 4, "--lora-modules", module)) {
            assertThat(server.get("/v1/models")).contains("\"dpo\"", "\"bco\"");
            assertThat(server.chat("dpo", "Tell me a story")).isEqualTo(TrlModel.generated("dpo", "Tell me a story"));
            assertThat(server.get("/metrics")).containsPattern("\ngradine_spec_decode_num_draft_tokens_total [1-9]");
        }
    }

    @Test
    void drafts_that_cannot_be_are_refused() {
        serve("--port", 0, "--prompt-lookup", 3, "--draft-model", TrlModel.BASE)
                .refuses("--draft-model and --prompt-lookup are both given, expected one of them");
        serve("--port", 0, "--prompt-lookup", -1).refuses("--prompt-lookup: -1, expected at least 0");
        serve("--port", 0, "--draft-tokens", 0, "--draft-model", TrlModel.BASE)
                .refuses("draft: 0 tokens, expected at least 1");
        Cli.run("serve", "--model", Golden.golden("models/mamba2"), "--port", 0, "--prompt-lookup", 3)
                .refuses(
                        "--prompt-lookup: the model that is to check guesses has a recurrence, expected attention alone"
                                + " (a state cannot forget a guess that was wrong)");
    }

    @Test
    void refuses_what_cannot_be_before_it_opens_the_model() {
        serve("--lora-modules", "a")
                .refuses("--lora-modules: \"a\", expected NAME=DIR, its name of letters, digits and _.-");
        serve("--served-model-name", "m", "--lora-modules", "{\"name\":\"a\",\"path\":\"d\",\"base_model_name\":\"n\"}")
                .refuses("--lora-modules: base_model_name of a is \"n\", expected \"m\", the model that is served");
        serve("--max-n", 0).refuses("max-n is 0, expected at least 1");
        serve("--allow-adapter-updates")
                .refuses("--allow-adapter-updates and --adapter-dir: one of them is given, expected both or none");
        serve("--logprobs-mode", "all").refuses("--logprobs-mode: \"all\", expected raw or processed");
        serve("--max-loras", -1).refuses("--max-loras: -1, expected at least 0 (0 for any)");
        serve("--max-loras", 3, "--max-cpu-loras", 2).refuses("--max-loras: 3, expected at most 2 (--max-cpu-loras)");
        serve("--port", 70000).refuses("port is 70000, expected 0 to 65535");
        serve("--port", 0, "--max-model-len", 100000).refuses("--max-model-len: 100000, expected 0 to 2048");
    }

    @Test
    void an_adapter_of_too_large_a_rank_is_refused() {
        Cli refused = serve("--port", 0, "--max-lora-rank", 2, "--lora-modules", TrlModel.named("dpo"));
        assertThat(refused.err()).hasLineCount(1).contains("rank is 8, expected at most 2 (--max-lora-rank)");
        assertThat(refused.code()).isEqualTo(2);
    }

    @Test
    void an_adapter_of_another_model_is_the_users_mistake() {
        Cli refused = serve("--port", 0, "--lora-modules", "a=" + Golden.golden("models/gpt-oss/lora/adapter"));
        assertThat(refused.err()).startsWith("gradine: ").hasLineCount(1).contains("gpt-oss");
        assertThat(refused.code()).isEqualTo(2);
    }
}
