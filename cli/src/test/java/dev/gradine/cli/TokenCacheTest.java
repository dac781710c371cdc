package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Rows that were tokenised once are not tokenised again, and a run is the same for it.
class TokenCacheTest {

    @TempDir
    private Path temp = Path.of("");

    private Path model = Path.of("");
    private Path cache = Path.of("");
    private Path text = Path.of("");
    private Path pairs = Path.of("");

    @BeforeEach
    void prepare() {
        model = TinyModel.write(temp.resolve("model"));
        cache = temp.resolve("cache");
        text = TinyModel.text(temp.resolve("text.jsonl"), "{\"text\":\"one two\"}\n{\"text\":\"abc\"}\n".repeat(4));
        pairs = TinyModel.pairs(temp.resolve("pairs.jsonl"), 5);
    }

    private Cli run(String command, String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of(command, "--model", model, "--out", temp.resolve(out)));
        all.addAll(List.of("--steps", 2, "--samples", 0, "--allow-truncation"));
        List<Object> given = Arrays.asList(more);
        if (!given.contains("--max-length")) all.addAll(List.of("--max-length", 40));
        all.addAll(given);
        return Cli.run(all.toArray()).ok();
    }

    private List<Path> entries() throws IOException {
        try (Stream<Path> files = Files.list(cache)) {
            return files.sorted().toList();
        }
    }

    private void assertSame(String one, String other) {
        String weights = "adapter_model.safetensors";
        assertThat(Values.bytes(temp.resolve(one).resolve(weights)))
                .isEqualTo(Values.bytes(temp.resolve(other).resolve(weights)));
        assertThat(Values.timeless(temp.resolve(one))).isEqualTo(Values.timeless(temp.resolve(other)));
    }

    /// The entry is of the file that is read: one changed by hand changes what is learnt.
    @Test
    void a_second_run_reads_what_the_first_has_kept_and_is_the_same() throws IOException {
        Cli first = run("dpo", "first", "--data", pairs, "--token-cache-dir", cache, "--eval-split", 0.2);
        assertThat(entries()).hasSize(2); // trained on, held out
        List<Long> written = times();
        Cli second = run("dpo", "second", "--data", pairs, "--token-cache-dir", cache, "--eval-split", 0.2);
        assertThat(times()).isEqualTo(written);
        assertThat(rows(second)).isEqualTo(rows(first)).isNotEmpty();
        run("dpo", "plain", "--data", pairs, "--no-token-cache", "--eval-split", 0.2);
        assertSame("first", "second");
        assertSame("first", "plain");
    }

    private List<Long> times() throws IOException {
        List<Long> all = new ArrayList<>();
        for (Path p : entries()) all.add(Files.getLastModifiedTime(p).toMillis());
        return all;
    }

    private static List<String> rows(Cli run) {
        return run.err()
                .lines()
                .filter(l -> l.contains(" rows, the longest has "))
                .toList();
    }

    @Test
    void whatever_decides_tokens_makes_another_entry() throws IOException {
        run("sft", "a", "--data", text, "--token-cache-dir", cache);
        run("sft", "b", "--data", text, "--token-cache-dir", cache, "--lr", 0.1);
        assertThat(entries()).hasSize(1);
        run("sft", "c", "--data", text, "--token-cache-dir", cache, "--max-length", 5);
        assertThat(entries()).hasSize(2);
        run("sft", "d", "--data", text, "--token-cache-dir", cache, "--chat-template", "chatml");
        assertThat(entries()).hasSize(3);
        TinyModel.text(text, "{\"text\":\"one three\"}\n{\"text\":\"abc\"}\n".repeat(4));
        run("sft", "e", "--data", text, "--token-cache-dir", cache);
        assertThat(entries()).hasSize(4);
        TinyModel.text(
                model.resolve("tokenizer_config.json"),
                Values.text(model.resolve("tokenizer_config.json")).replaceFirst("\\{", "{ "));
        run("sft", "f", "--data", text, "--token-cache-dir", cache);
        assertThat(entries()).hasSize(5);
    }

    @Test
    void a_damaged_entry_is_made_anew_and_that_is_said() throws IOException {
        run("sft", "a", "--data", text, "--token-cache-dir", cache);
        Path entry = entries().getFirst();
        byte[] good = Files.readAllBytes(entry);
        for (int at : new int[] {3, 20, 90, good.length - 2}) {
            byte[] bad = good.clone();
            bad[at] ^= 1;
            Files.write(entry, bad);
            Cli again = run("sft", "out" + at, "--data", text, "--token-cache-dir", cache);
            assertThat(again.err()).contains("gradine: token cache: " + entry + " is damaged (");
            assertThat(Files.readAllBytes(entry)).isEqualTo(good);
            assertSame("a", "out" + at);
        }
        Files.write(entry, Arrays.copyOf(good, good.length / 2));
        assertThat(run("sft", "cut", "--data", text, "--token-cache-dir", cache).err())
                .contains(" is damaged (");
    }

    @Test
    void a_folder_that_takes_nothing_costs_a_line() {
        Path file = TinyModel.text(temp.resolve("file"), "");
        assertThat(run("sft", "a", "--data", text, "--token-cache-dir", file).err())
                .contains("the rows are not kept");
        Object[] both = {"--data", text, "--no-token-cache", "--token-cache-dir", cache, "--out", temp.resolve("b")};
        List<Object> all = new ArrayList<>(List.of("sft", "--model", model));
        all.addAll(Arrays.asList(both));
        Cli.run(all.toArray()).refuses("--token-cache-dir has no effect with --no-token-cache: give one");
    }
}
