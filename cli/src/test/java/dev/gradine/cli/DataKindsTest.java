package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same rows teach the same in a file of any kind.
class DataKindsTest {

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
    }

    private Path file(String name, String text) {
        return TinyModel.text(temp.resolve(name), text);
    }

    private byte[] trained(String command, Path data, Object... more) {
        Path out = temp.resolve(data.getFileName() + "-" + command);
        List<Object> all = new ArrayList<>(List.of(command, "--model", temp.resolve("model"), "--data", data));
        all.addAll(List.of("--out", out, "--steps", 3, "--batch", 2, "--samples", 0));
        all.addAll(Arrays.asList(more));
        Cli.run(all.toArray()).ok();
        return Values.bytes(out.resolve("adapter_model.safetensors"));
    }

    private static String lines(String format) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 8; i++) all.append(format.formatted("ab".repeat(i), "ba".repeat(1 + i % 3), i % 2 == 0));
        return all.toString();
    }

    @Test
    void a_table_of_answers() {
        Path jsonl = file("a.jsonl", lines("{\"prompt\": \"%s,\\n\", \"completion\": \"\\\"%s\"}\n"));
        Path csv = file("a.csv", "prompt,completion\r\n" + lines("\"%s,\n\",\"\"\"%s\"\r\n"));
        assertThat(trained("sft", csv)).isEqualTo(trained("sft", jsonl));
    }

    @Test
    void a_table_of_judged_answers() {
        Path jsonl = file("a.jsonl", lines("{\"prompt\": \"%s\", \"completion\": \"%s\", \"label\": %b}\n"));
        Path csv = file("a.csv", "prompt,completion,label\n" + lines("%s,%s,%B\n"));
        assertThat(trained("kto", csv)).isEqualTo(trained("kto", jsonl));
    }

    @Test
    void a_table_of_conversations_beside_rows_that_are_replayed() {
        String chat = "[{\"role\": \"user\", \"content\": \"%s\"}, {\"role\": \"assistant\", \"content\": \"%s\"}]";
        Path jsonl = file("a.jsonl", lines("{\"messages\": " + chat + "}\n"));
        Path csv = file("a.csv", "messages\n" + lines('"' + chat.replace("\"", "\"\"") + "\"\n"));
        Path texts = file("b.jsonl", lines("{\"text\": \"t%s%s\"}\n"));
        Path table = file("b.csv", "text\n" + lines("t%s%s\n"));
        assertThat(trained("sft", csv, "--replay", table, "--replay-share", 0.5))
                .isEqualTo(trained("sft", jsonl, "--replay", texts, "--replay-share", 0.5));
    }

    @Test
    void parquet_of_pairs_and_of_conversations() {
        assertThat(trained("dpo", parquet("pairs-zstd.parquet"))).isEqualTo(trained("dpo", parquet("pairs.jsonl")));
        assertThat(trained("sft", parquet("chats-snappy.parquet"))).isEqualTo(trained("sft", parquet("chats.jsonl")));
    }

    private static Path parquet(String name) {
        return Golden.repository().resolve("data/src/test/resources/parquet/rows-" + name);
    }

    @Test
    void what_training_has_cost_is_told_of_texts_of_any_kind() {
        Path jsonl = file("t.jsonl", lines("{\"text\": \"t%s%s\"}\n"));
        Path csv = file("t.csv", "text\n" + lines("t%s%s\n"));
        trained("sft", jsonl);
        assertThat(forgetting(csv)).isEqualTo(forgetting(jsonl)).contains("text");
    }

    private String forgetting(Path texts) {
        Path adapter = temp.resolve("t.jsonl-sft");
        return Cli.run("forgetting", "--model", temp.resolve("model"), "--adapter", "a=" + adapter, "--text", texts)
                .ok()
                .out();
    }

    @Test
    void a_row_of_a_table_that_cannot_be_used_is_named() {
        Path csv = file("a.csv", "prompt,completion,label\na,b,1\na,\"b\nc\",yes\n");
        Cli.run("kto", "--model", temp.resolve("model"), "--data", csv, "--out", temp.resolve("out"))
                .refuses("a.csv: line 3: column label is \"yes\", expected true or false (or 1 or 0)");
        Cli.run("sft", "--model", temp.resolve("model"), "--data", file("a.tsv", "a"), "--out", temp.resolve("out"))
                .refuses("a.tsv: is no file of rows by its name, expected .jsonl, .json, .csv or .parquet");
    }
}
