package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How a step is cut into batches, or onto threads, does not change what it learns.
class InvarianceTest {

    /// Metrics are sums in double of the same floats, each within a few roundings: 1e-6 is 17 of them.
    private static final Tolerance SAME = new Tolerance(0, 1e-6, "17 ε");

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        // rows of different numbers of labels, so that a mean of means would differ
        String rows = "";
        for (int i = 0; i < 8; i++) {
            rows += "{\"prompt\": \"%s\", \"completion\": \"%s\"}\n".formatted("ab".repeat(i + 1), "xyz".repeat(9 - i));
        }
        TinyModel.text(temp.resolve("data.jsonl"), rows);
        TinyModel.pairs(temp.resolve("pairs.jsonl"), 8);
    }

    private Object[] args(String command, String data, String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of(command, "--model", temp.resolve("model")));
        all.addAll(List.of("--data", temp.resolve(data), "--out", temp.resolve(out), "--steps", 3, "--lr", 0.001));
        all.addAll(List.of("--samples", 0, "--rank", 4));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    private byte[] adapter(String out) {
        return Values.bytes(temp.resolve(out).resolve("adapter_model.safetensors"));
    }

    @Test
    void two_batches_accumulated_are_one_of_twice_the_size() {
        for (String command : List.of("sft", "dpo")) {
            String data = command.equals("sft") ? "data.jsonl" : "pairs.jsonl";
            Cli.run(args(command, data, command + "-whole", "--batch", 4)).ok();
            Cli.run(args(command, data, command + "-parts", "--batch", 2, "--accumulate", 2))
                    .ok();
            List<Map<String, Object>> whole = Values.timeless(temp.resolve(command + "-whole"));
            List<Map<String, Object>> parts = Values.timeless(temp.resolve(command + "-parts"));
            assertThat(parts).hasSize(3);
            for (int i = 0; i < 3; i++) {
                for (String name : List.of("loss", "entropy", "num_tokens", "epoch", "learning_rate")) {
                    Map<String, Object> a = whole.get(i);
                    SAME.check(command + " " + name, Values.number(parts.get(i), name), Values.number(a, name));
                }
                double norm = Values.number(whole.get(i), "grad_norm");
                new Tolerance(0, 1e-4, "two fp32 gradients")
                        .check(command + " grad_norm", Values.number(parts.get(i), "grad_norm"), norm);
            }
        }
    }

    /// The rows become shorter and shorter, so that all of them fill one row in the order of the file.
    @Test
    void packed_examples_learn_what_they_learn_apart() {
        String rows = "";
        for (int i = 0; i < 8; i++) rows += "{\"text\": \"%s\"}\n".formatted("abcdefghijklm".substring(i));
        TinyModel.text(temp.resolve("shorter.jsonl"), rows);
        Cli.run(args("sft", "shorter.jsonl", "apart", "--batch", 8, "--no-shuffle"))
                .ok();
        Cli packed = Cli.run(
                args("sft", "shorter.jsonl", "packed", "--batch", 1, "--no-shuffle", "--packing", "--max-length", 128));
        assertThat(packed.ok().err()).contains("packing: 8 examples in 1 rows");
        assertThat(adapter("packed")).isEqualTo(adapter("apart"));
        TinyModel.pairs(temp.resolve("two.jsonl"), 2);
        Cli.run(args("dpo", "two.jsonl", "pairs-apart", "--batch", 2, "--no-shuffle"))
                .ok();
        Cli.run(args("dpo", "two.jsonl", "pairs-packed", "--batch", 1, "--no-shuffle", "--packing"))
                .ok();
        for (int i = 0; i < 3; i++) {
            for (String name : List.of("loss", "entropy", "num_tokens", "logps/chosen")) {
                double apart = Values.number(
                        Values.timeless(temp.resolve("pairs-apart")).get(i), name);
                double got = Values.number(
                        Values.timeless(temp.resolve("pairs-packed")).get(i), name);
                new Tolerance(0, 1e-5, "two orders of one sum").check(name, got, apart);
            }
        }
    }

    @Test
    void tokens_in_one_line_are_for_texts_alone() {
        Object[] args = args("dpo", "pairs.jsonl", "line", "--packing", "--packing-strategy", "wrapped");
        Cli.run(args).refuses("--packing-strategy wrapped: dpo learns from answers, expected sft (or bfd)");
    }

    @Test
    void noise_on_embeddings_follows_from_the_seed() {
        Cli.run(args("sft", "data.jsonl", "plain")).ok();
        Cli.run(args("sft", "data.jsonl", "noisy", "--neftune-alpha", 5)).ok();
        Cli.run(args("sft", "data.jsonl", "again", "--neftune-alpha", 5)).ok();
        assertThat(adapter("noisy")).isNotEqualTo(adapter("plain")).isEqualTo(adapter("again"));
    }

    /// Virtual tokens are no embeddings of words: a prompt of one token that follows them gets all of the noise.
    @Test
    void noise_leaves_virtual_tokens_alone() {
        Object[] prompt = {"--adapter", "prompt-tuning", "--virtual-tokens", 3, "--neftune-alpha", 5};
        Cli.run(virtual("plain", "--adapter", "prompt-tuning", "--virtual-tokens", 3))
                .ok();
        Cli.run(virtual("noisy", prompt)).ok();
        Cli.run(virtual("again", prompt)).ok();
        assertThat(adapter("noisy")).isNotEqualTo(adapter("plain")).isEqualTo(adapter("again"));
    }

    private Object[] virtual(String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("sft", "--model", temp.resolve("model"), "--samples", 0));
        all.addAll(List.of("--data", temp.resolve("data.jsonl"), "--out", temp.resolve(out), "--steps", 3));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    @Test
    void a_margin_that_nothing_is_made_of_is_a_line() {
        String row = "{\"prompt\": \"a\", \"chosen\": \"b\", \"rejected\": \"c\", \"margin\": 0.5}\n";
        TinyModel.text(temp.resolve("better.jsonl"), row.repeat(4));
        for (String command : List.of("dpo", "orpo", "simpo", "tpo")) {
            String line = command + ": rows have a margin, which it does not use; reward does";
            String sft = command.equals("tpo") ? "--sft-weight" : "--clip";
            assertThat(Cli.run(args(command, "better.jsonl", command, sft, 0))
                            .ok()
                            .err())
                    .contains(line);
            assertThat(Cli.run(args(command, "pairs.jsonl", command + 2, sft, 0))
                            .ok()
                            .err())
                    .doesNotContain("margin");
        }
        assertThat(Cli.run(args("reward", "better.jsonl", "reward")).ok().err()).doesNotContain("margin");
    }

    @Test
    void dropout_is_drawn_whatever_the_sign_of_the_seed() {
        for (int seed : new int[] {-7, 7}) {
            Cli.run(args("sft", "data.jsonl", "whole" + seed, "--seed", seed)).ok();
            Cli.run(args("sft", "data.jsonl", "dropped" + seed, "--seed", seed, "--dropout", 0.5))
                    .ok();
            assertThat(adapter("dropped" + seed)).isNotEqualTo(adapter("whole" + seed));
        }
    }

    @Test
    void one_thread_and_two_give_the_same_bytes() {
        for (int threads = 1; threads <= 2; threads++) {
            String out = "threads" + threads;
            List<String> jvm = List.of("-Dgradine.threads=" + threads, "-XX:TieredStopAtLevel=1");
            Object[] args = args("dpo", "pairs.jsonl", out, "--dropout", 0.1);
            try (Child child = Child.start(temp, jvm, args)) {
                assertThat(child.code()).as(child.err()).isZero();
            }
        }
        assertThat(adapter("threads2")).isEqualTo(adapter("threads1"));
        assertThat(Values.timeless(temp.resolve("threads2"))).isEqualTo(Values.timeless(temp.resolve("threads1")));
    }

    @Test
    void gradient_checkpointing_gives_the_same_bytes_and_says_what_it_saves() {
        for (String command : List.of("sft", "dpo")) {
            String data = command.equals("sft") ? "data.jsonl" : "pairs.jsonl";
            Cli plain = Cli.run(args(command, data, command + "-plain", "--dropout", 0.1));
            Cli again = Cli.run(args(command, data, command + "-again", "--dropout", 0.1, "--gradient-checkpointing"));
            assertThat(plain.ok().out()).doesNotContain("saved by checkpointing");
            assertThat(again.ok().out()).containsPattern("saved by checkpointing +\\d+\\.\\d MB of each step");
            assertThat(adapter(command + "-again")).isEqualTo(adapter(command + "-plain"));
        }
    }

    @Test
    void the_same_seed_gives_the_same_bytes_and_another_does_not() {
        Cli.run(args("sft", "data.jsonl", "a", "--dropout", 0.1)).ok();
        Cli.run(args("sft", "data.jsonl", "b", "--dropout", 0.1)).ok();
        Cli.run(args("sft", "data.jsonl", "c", "--dropout", 0.1, "--seed", 43)).ok();
        assertThat(adapter("b")).isEqualTo(adapter("a"));
        assertThat(adapter("c")).isNotEqualTo(adapter("a"));
    }
}
