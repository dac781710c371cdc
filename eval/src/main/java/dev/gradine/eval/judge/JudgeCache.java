package dev.gradine.eval.judge;

import dev.gradine.io.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Supplier;

/// What a judge has said, in files named by the hash of what it was asked: a run that is repeated costs
/// nothing.
///
/// @param folder of the files
public record JudgeCache(Path folder) {

    /// Its name below the results of a command.
    public static final String FOLDER = "judge-cache";

    /// What was said to `question`, or what `ask` says now.
    String get(String question, Supplier<String> ask) {
        Path file = folder.resolve(sha256(question) + ".txt");
        try {
            if (Files.exists(file)) return Files.readString(file);
            String answer = ask.get();
            Files.createDirectories(folder);
            AtomicFiles.writeText(file, answer);
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha256(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("judge: this Java has no SHA-256", e);
        }
    }
}
