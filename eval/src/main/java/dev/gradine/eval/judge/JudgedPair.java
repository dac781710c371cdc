package dev.gradine.eval.judge;

import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// Two answers to a question with what the judge said of them in both orders: enough to learn from.
///
/// @param question its id
/// @param prompt what the user said last
/// @param turn from 1
/// @param answers the candidate's and the baseline's
/// @param forward verdict with the candidate as A
/// @param swapped verdict with the candidate as B
public record JudgedPair(
        String question, String prompt, int turn, Answers answers, JudgeVerdict forward, JudgeVerdict swapped) {

    /// Name of the file in a folder of judgements.
    public static final String FILE = "verdicts.jsonl";

    /// Two answers.
    public record Answers(String candidate, String baseline) {}

    /// Writes pairs to a folder, a line each.
    public static void write(Path folder, List<JudgedPair> pairs) {
        String lines = pairs.stream().map(p -> Json.line(p) + "\n").collect(Collectors.joining());
        AtomicFiles.writeText(folder.resolve(FILE), lines);
    }

    /// The pairs of a folder that `eval judge` wrote.
    ///
    /// @throws IllegalArgumentException if it has none
    public static List<JudgedPair> read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            throw new IllegalArgumentException(
                    folder + ": has no " + FILE + ", expected a folder of eval judge with --baseline");
        }
        List<JudgedPair> all = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file)) {
                all.add(Json.parse(file.toString(), line.getBytes(StandardCharsets.UTF_8), JudgedPair.class));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }
}
