package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A model gets tokens, their rows are trained, and the adapter fits the new folder alone.
class AddTokensCommandTest {
    private static final String IDS = "260,261";

    @TempDir
    private Path temp = Path.of("");

    private final Path base = Golden.golden("trl/base");

    private Cli added(String option, String tokens) {
        return Cli.run("add-tokens", "--model", base, "--out", temp.resolve("more"), option, tokens);
    }

    @Test
    void new_tokens_are_added_trained_and_merged() throws IOException {
        assertThat(added("--special-tokens", "<|think|>,<|/think|>").ok().out())
                .isEqualTo("260  <|think|>\n261  <|/think|>\nrows 260 → 262; model in " + temp.resolve("more")
                        + "\ntrain the new rows with --trainable-token-indices " + IDS + "\n");
        Path data = temp.resolve("rows.jsonl");
        Files.writeString(data, "{\"prompt\": \"hi\", \"completion\": \"<|think|>no<|/think|>\"}\n");
        Path model = temp.resolve("more");
        Path adapter = temp.resolve("adapter");
        Cli.run(
                        "sft",
                        "--model",
                        model,
                        "--data",
                        data,
                        "--out",
                        adapter,
                        "--steps",
                        1,
                        "--trainable-token-indices",
                        IDS)
                .ok();
        Cli.run("merge", "--model", model, "--adapter", adapter, "--out", temp.resolve("merged"))
                .ok();
        assertThat(temp.resolve("merged/tokenizer.json")).content().contains("<|/think|>");
        Cli.run("merge", "--model", base, "--adapter", adapter, "--out", temp.resolve("other"))
                .refuses(adapter + ": token_indices: token 260 at model.embed_tokens, expected 0 to 259");
    }

    @Test
    void what_cannot_be_added_is_one_line() {
        added("--tokens", "<|im_end|>")
                .refuses(base.resolve("tokenizer.json")
                        + ": token '<|im_end|>' is there already with id 258, expected a new one");
        added("--tokens", "").refuses("add-tokens: a token is empty, expected a text");
    }
}
