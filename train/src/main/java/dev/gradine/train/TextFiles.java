package dev.gradine.train;

import dev.gradine.io.Sha256;
import dev.gradine.models.OpenModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// What decides how a model reads text, by content: digests of files.
final class TextFiles {

    private static final int CHUNK = 1 << 20;
    private static final long MOST = 64L << 20; // bytes of a file of weights, of which the beginning tells the words

    private TextFiles() {}

    /// Of a model's tokenizer and chat template; empty where a template writes the date, so that tokens are of one day.
    ///
    /// Of a folder these are all files but those of weights, of a single file its beginning and the tokenizers
    /// beside it.
    ///
    /// @param template source of the one that was chosen; empty for the model's own
    static String digest(OpenModel model, String template) {
        boolean dated = template.isEmpty()
                ? model.templates().values().stream().anyMatch(TextFiles::isDated)
                : isDated(template);
        if (dated) return "";
        Sha256 sha = new Sha256();
        sha.add(template);
        sha.add(model.text().vocabSize());
        for (Path file : files(model.source())) {
            sha.add(String.valueOf(file.getFileName()));
            sha.add(digest(file));
        }
        return sha.hex();
    }

    private static boolean isDated(String template) {
        return template.contains("strftime_now");
    }

    private static List<Path> files(Path source) {
        boolean isFolder = Files.isDirectory(source);
        Path folder = isFolder ? source : source.toAbsolutePath().resolveSibling("");
        try (Stream<Path> all = Files.list(folder)) {
            List<Path> beside = all.filter(Files::isRegularFile)
                    .filter(f -> isFolder ? !isWeights(f) : name(f).startsWith("tokenizer"))
                    .sorted()
                    .toList();
            return isFolder
                    ? beside
                    : Stream.concat(Stream.of(source), beside.stream()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be read", e);
        }
    }

    private static boolean isWeights(Path file) {
        return !name(file).startsWith("tokenizer")
                && name(file).matches(".*\\.(safetensors|bin|pt|pth|gguf|h5|msgpack|onnx)");
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    /// Of the bytes of a file; of one of weights of its beginning.
    static String digest(Path file) {
        long left = isWeights(file) ? MOST : Long.MAX_VALUE;
        Sha256 sha = new Sha256();
        byte[] chunk = new byte[CHUNK];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(chunk); n >= 0 && left > 0; n = in.read(chunk)) {
                sha.add(chunk, n);
                left -= n;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
        return sha.hex();
    }
}
