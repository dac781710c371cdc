package dev.gradine.cli;

import dev.gradine.data.DataSet;
import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.chat.Message;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Mutation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/// Reads adapters, templates, rows and YAML whose files were changed at random: the same seed makes the same file. A
/// file must be read, or refused with one line, within two seconds. As a program: `MutatedFiles COUNT [FIRST_SEED]`.
final class MutatedFiles implements AutoCloseable {

    /// Kinds of files, by the name the file has.
    enum Kind {
        ADAPTER_CONFIG("adapter/adapter_config.json"),
        ADAPTER_WEIGHTS("adapter/adapter_model.safetensors"),
        TEMPLATE("template.jinja"),
        ROWS("rows.jsonl"),
        YAML("options.yaml");

        final String file;

        Kind(String file) {
            this.file = file;
        }
    }

    private static final long MOST_NANOS = 2_000_000_000L;

    private static final Mutation MUTATION = new Mutation(List.of(
            "null",
            "true",
            "-1",
            "1e999",
            "9223372036854775807",
            "[]",
            "{}",
            "[[[[",
            "\"\\ud800\"",
            "NaN",
            "\": ",
            "{% for i in range(9999999) %}",
            "{% endfor %}",
            "{{ messages }}",
            "|tojson",
            " * 99999999",
            "~",
            "{#",
            "\"(a+)+$\"",
            ".*.*.*.*.*x",
            "\"role\": 3,",
            "\"content\": [1],",
            "&a [*a, *a]",
            "- - - -",
            "!!java",
            "\t",
            "\u0000"));

    private static final String TEMPLATE = """
            {%- set ns = namespace(n=0) -%}{% for m in messages if m.content is defined %}
            {% if loop.first and m.role != 'system' %}{{ bos_token }}{% endif %}
            <|{{ m.role }}|>{{ m['content'] | trim }}{% set ns.n = ns.n + loop.index0 * 2 %}{% endfor %}
            {% macro t(x, y=[1, 2]) %}{{ x }}{{ y[::-1] | join(',') }}{% endmacro %}{{ t('a' * 3) }}
            {{ {'a': 1} | tojson }}{% if add_generation_prompt %}<|assistant|>{% endif %}
            """;

    private static final String ROWS = """
            {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo", "name": null}]}
            {"messages": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "tools": "[]"}
            {"conversations": [{"role": "system", "content": "s"}, {"role": "user", "content": "\\u00e9"}]}
            """;

    private static final String YAML = """
            lr: 1e-4
            steps: 3
            targets: [q_proj, v_proj]
            rank-pattern: {q_proj: 4}
            no-shuffle: true
            # a comment
            alpha: &x 8
            seed: *x
            """;

    private final Path folder;
    private final EnumMap<Kind, byte[]> originals = new EnumMap<>(Kind.class);
    private final Kernels run = CpuKernels.open();
    private final OpenModel model;

    /// @param folder empty; each file is written there in its turn
    MutatedFiles(Path folder) throws IOException {
        this.folder = folder;
        Path tiny = TinyModel.write(folder.resolve("model"));
        Path data = TinyModel.text(folder.resolve("data.jsonl"), "{\"text\": \"abc\"}\n");
        Cli.run("sft", "--model", tiny, "--data", data, "--out", folder.resolve("adapter"), "--steps", 1, "--rank", 2)
                .ok();
        model = Models.open(tiny, run);
        originals.put(Kind.TEMPLATE, TEMPLATE.getBytes(StandardCharsets.UTF_8));
        originals.put(Kind.ROWS, ROWS.getBytes(StandardCharsets.UTF_8));
        originals.put(Kind.YAML, YAML.getBytes(StandardCharsets.UTF_8));
        for (Kind k : List.of(Kind.ADAPTER_CONFIG, Kind.ADAPTER_WEIGHTS)) {
            originals.put(k, Files.readAllBytes(folder.resolve(k.file)));
        }
    }

    /// What one file led to.
    ///
    /// @param fault what is wrong with the answer; empty if nothing is
    record Outcome(Kind kind, long seed, String fault) {}

    /// Writes the file of a seed, reads it and judges the answer.
    Outcome run(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        byte[] original = Objects.requireNonNull(originals.get(kind));
        Path file = folder.resolve(kind.file);
        try {
            Files.write(file, MUTATION.of(original, 4096, random));
            Outcome o = new Outcome(kind, seed, judged(kind, file));
            Files.write(file, original);
            return o;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String judged(Kind kind, Path file) {
        var time = ManagementFactory.getThreadMXBean();
        long start = time.getCurrentThreadCpuTime();
        String fault = "";
        try {
            read(kind, file);
        } catch (IllegalArgumentException e) {
            fault = message(String.valueOf(e.getMessage()));
        } catch (RuntimeException | IOException | OutOfMemoryError | StackOverflowError | InternalError e) {
            fault = e + " at " + Arrays.stream(e.getStackTrace()).limit(3).toList() + " for " + file;
        }
        long nanos = time.getCurrentThreadCpuTime() - start;
        return fault.isEmpty() && nanos > MOST_NANOS ? nanos / 1_000_000 + " ms" : fault;
    }

    private void read(Kind kind, Path file) throws IOException {
        switch (kind) {
            case ADAPTER_CONFIG, ADAPTER_WEIGHTS -> {
                try (Kernels scratch = run.openStep()) {
                    AdapterFolder.load(folder.resolve("adapter"), model.model(), scratch);
                }
            }
            case TEMPLATE -> {
                String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
                ChatTemplate template = ChatTemplate.parse(file.toString(), text);
                template.render(
                        List.of(new Message("user", "hi"), new Message("assistant", "yo")),
                        Map.of("bos_token", "<s>"),
                        true);
            }
            case ROWS -> DataSet.read(file);
            case YAML -> {
                String[] args = {"sft", "--config", file.toString()};
                ConfigFile.apply(Main.commandLine(Map.of()), args);
            }
        }
    }

    /// What is wrong with a message: it must be one line of a few words, without a word of Java's.
    private static String message(String m) {
        String java = ".*(\\[[IJFDZL]@|@[0-9a-f]{6,}|java\\.|JsonToken|REDACTED|reference chain|Exception).*";
        return m.indexOf('\n') < 0 && m.length() < 1000 && !m.matches(java) ? "" : "message: " + m;
    }

    @Override
    public void close() {
        model.close();
        run.close();
    }

    /// Runs COUNT seeds from FIRST_SEED on and prints each fault and a count.
    public static void main(String[] args) throws IOException {
        int count = Integer.parseInt(args[0]);
        long first = args.length > 1 ? Long.parseLong(args[1]) : 0;
        int faults = 0;
        try (MutatedFiles files = new MutatedFiles(Files.createTempDirectory("mutated"))) {
            for (long seed = first; seed < first + count; seed++) {
                Outcome o = files.run(seed);
                if (o.fault.isEmpty()) continue;
                faults++;
                System.out.printf("%s, seed %d: %s%n", o.kind, o.seed, o.fault);
            }
        }
        System.out.printf("%d files, %d faults%n", count, faults);
    }
}
