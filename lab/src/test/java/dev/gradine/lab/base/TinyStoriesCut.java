package dev.gradine.lab.base;

import dev.gradine.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Cuts the demo's data out of TinyStories: the rules of the README beside the data, as a program.
final class TinyStoriesCut {

    static final int HELD_EVERY = 9;
    static final int WHOLE = 40;
    private static final int PROMPT_SENTENCES = 2;
    private static final int LONGEST = 160; // characters of a completion before its closing words
    private static final String END = " The end.";

    private record Row(String prompt, String completion, String whole) {}

    private TinyStoriesCut() {}

    /// Writes the files: arguments are the JSON array of stories and the folder.
    public static void main(String[] args) throws IOException {
        for (var file : files(Path.of(args[0])).entrySet()) {
            Files.writeString(Path.of(args[1]).resolve(file.getKey()), file.getValue());
        }
    }

    /// Content by file name.
    static Map<String, String> files(Path stories) throws IOException {
        StringBuilder train = new StringBuilder();
        StringBuilder held = new StringBuilder();
        StringBuilder whole = new StringBuilder();
        List<Row> rows = rows(stories);
        for (int i = 0; i < rows.size(); i++) {
            Row r = rows.get(i);
            Map<String, Object> cut = new LinkedHashMap<>();
            cut.put("prompt", r.prompt());
            cut.put("completion", r.completion());
            (i % HELD_EVERY == 0 ? held : train).append(Json.line(cut)).append('\n');
            if (i % HELD_EVERY == 0 && i / HELD_EVERY < WHOLE) {
                whole.append(Json.line(Map.of("text", r.whole()))).append('\n');
            }
        }
        return Map.of("train.jsonl", train.toString(), "held.jsonl", held.toString(), "whole.jsonl", whole.toString());
    }

    private static List<Row> rows(Path stories) throws IOException {
        List<?> all = Json.parse(stories.toString(), Files.readAllBytes(stories), List.class);
        Set<String> seen = new HashSet<>();
        List<Row> rows = new ArrayList<>();
        for (Object o : all) {
            String story = String.valueOf(o);
            if (!story.chars().allMatch(c -> c == '\n' || (c >= ' ' && c <= '~'))) continue;
            String[] sentences = story.strip().replaceAll("\\s+", " ").split("(?<=[.!?]) |(?<=[.!?]\") ", -1);
            if (sentences.length <= PROMPT_SENTENCES) continue;
            String prompt = sentences[0] + " " + sentences[1];
            String completion = completion(sentences);
            if (prompt.contains("\"") || completion.isEmpty() || !seen.add(prompt)) continue;
            rows.add(new Row(prompt, completion + END, story));
        }
        return rows;
    }

    private static String completion(String[] sentences) {
        StringBuilder text = new StringBuilder();
        String best = "";
        for (int i = PROMPT_SENTENCES; i < sentences.length; i++) {
            text.append(' ').append(sentences[i]);
            if (text.length() > LONGEST) break;
            if (text.chars().filter(c -> c == '"').count() % 2 == 0) best = text.toString();
        }
        return best;
    }
}
