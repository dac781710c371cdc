package dev.gradine.cli.fuzz;

import dev.gradine.data.DataException;
import dev.gradine.data.DataSet;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.fuzz.FileKind;
import dev.gradine.testkit.fuzz.Mutation;
import dev.gradine.testkit.fuzz.Original;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;

/// Files of rows: JSONL, a JSON array, gzip, tables, Parquet.
final class RowsFuzz {

    private static final String MESSAGES = """
            {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo", "name": null}]}
            {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "\\u00e9"}, \
            {"role": "assistant", "content": "a"}], "tools": [{"type": "function", "function": {"name": "f"}}]}
            """;

    private static final List<String> TEXTS = List.of(MESSAGES, """
            {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "system": "s"}
            """, """
            {"prompt": [{"role": "user", "content": "p"}], "chosen": [{"role": "assistant", "content": "c"}], \
            "rejected": [{"role": "assistant", "content": "d"}]}
            """, """
            {"prompt": "p", "chosen": "c", "rejected": "d"}
            {"prompt": "q", "chosen": "e", "rejected": "f"}
            """, """
            [{"instruction": "i", "input": "x", "output": "o"},
             {"instruction": "i", "input": "", "output": "o", "system": "s", "history": [["a", "b"]]}]
            """, """
            {"prompt": "p", "completion": "c", "label": true}
            {"prompt": "p", "completion": "d", "label": false}
            """, """
            {"input_ids": [1, 2, 3], "labels": [-100, 2, 3]}
            """, """
            {"text": "t"}
            """, """
            {
              "text": "u"
            }
            """);

    private static final List<String> KEYS = List.of(
            "messages",
            "conversations",
            "prompt",
            "chosen",
            "rejected",
            "completion",
            "label",
            "input_ids",
            "labels",
            "text",
            "tools",
            "role",
            "content",
            "tool_calls",
            "system",
            "history");

    private static final List<String> WORDS = List.of(
            "", "user", "assistant", "system", "tool", "human", "[]", "\ud800", "\u0000", "\": ", "\"role\": 3,");

    private static final List<String> TABLES = List.of("""
            prompt,completion,label
            p,"c, ""d""
            e",true
            "",f,0
            """, """
            messages,tools
            "[{""role"": ""user"", ""content"": ""a""}, {""role"": ""assistant"", ""content"": ""b""}]",
            """, """
            chosen,rejected,margin,reference
            "[{""role"": ""user"", ""content"": ""a""}, {""role"": ""assistant"", ""content"": ""b""}]",\
            "[{""role"": ""user"", ""content"": ""a""}, {""role"": ""assistant"", ""content"": ""c""}]",1.5,
            """);

    private static final List<String> MARKS =
            List.of("", "\"", ",", "\n", "\r", "\r\n", "\"\"", "[", "[{}]", "\ufeff", "\n\"");

    private static final List<String> PARQUET = List.of(
            "chats-none", "chats-snappy", "chats-zstd", "chats-gzip", "pairs-gzip", "tokens-snappy", "rated-snappy");

    private static final List<String> PARTS = List.of(
            "[[\"a\", \"b\"]]",
            "[{\"type\": \"text\", \"text\": \"x\"}]",
            "[{\"type\": \"image\"}]",
            "{\"role\": \"user\", \"content\": null}",
            "[1.5]",
            "[99999999999]",
            "\"yes\"",
            "[[[[[[]]]]]]");

    private RowsFuzz() {}

    static List<FileKind> kinds(Path folder) throws IOException {
        Path file = folder.resolve("rows.jsonl");
        List<Original> texts = TEXTS.stream().map(t -> original(t, file)).toList();
        Original packed = new Original(gzip(MESSAGES), file.getFileName(), reader(file));
        Path csv = folder.resolve("rows.csv");
        List<Original> tables = TABLES.stream().map(t -> original(t, csv)).toList();
        FileKind.Change change = new Mutation(WORDS).or(RowsFuzz::line);
        return List.of(
                new FileKind("rows", texts, change, Set.of(DataException.class)),
                new FileKind("rows.csv", tables, new Mutation(MARKS), Set.of(DataException.class)),
                new FileKind(
                        "rows.parquet",
                        parquet(folder.resolve("rows.parquet")),
                        new Mutation(MARKS),
                        Set.of(DataException.class)),
                new FileKind("rows.gz", List.of(packed), new Mutation(WORDS), Set.of(DataException.class)));
    }

    private static List<Original> parquet(Path file) throws IOException {
        Path folder = Golden.repository().resolve("data/src/test/resources/parquet");
        List<Original> all = new ArrayList<>();
        for (String name : PARQUET) {
            byte[] bytes = Files.readAllBytes(folder.resolve("rows-" + name + ".parquet"));
            all.add(new Original(bytes, file.getFileName(), reader(file)));
        }
        return all;
    }

    private static Original original(String text, Path file) {
        return new Original(text.getBytes(StandardCharsets.UTF_8), file.getFileName(), reader(file));
    }

    private static Original.Reader reader(Path file) {
        return bytes -> {
            Files.write(file, bytes);
            DataSet.read(file);
        };
    }

    /// Changes the JSON of one line, or of the whole file if it is an array or has one value.
    private static byte[] line(byte[] file, SplittableRandom random) {
        JsonChange json = new JsonChange(KEYS, WORDS, PARTS);
        String[] lines = new String(file, StandardCharsets.UTF_8).split("\n", 0);
        if (!lines[0].endsWith("}")) return json.of(file, random);
        int at = random.nextInt(lines.length);
        lines[at] = new String(json.of(lines[at].getBytes(StandardCharsets.UTF_8), random), StandardCharsets.UTF_8);
        return String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }
}
