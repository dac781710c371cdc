package dev.gradine.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/// Short hashes (SHA-256, the first four bytes) by which answers say what gave them.
final class Fingerprint {

    private static final int BYTES = 4;
    private static final int MOST = 64 << 20; // bytes of a file; of a larger one those at its beginning, and its length

    private Fingerprint() {}

    /// That of a file, or of all files of a folder.
    static String of(Path path) {
        MessageDigest hash = digest();
        try {
            if (!Files.isDirectory(path)) {
                add(hash, path);
            } else {
                try (Stream<Path> all = Files.list(path)) {
                    List<Path> files = all.filter(Files::isRegularFile).sorted().toList();
                    for (Path file : files) add(hash, file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text(hash);
    }

    /// That of a text.
    static String of(String text) {
        MessageDigest hash = digest();
        hash.update(text.getBytes(StandardCharsets.UTF_8));
        return text(hash);
    }

    private static void add(MessageDigest hash, Path file) throws IOException {
        String header = "%s %d".formatted(file.getFileName(), Files.size(file));
        hash.update(header.getBytes(StandardCharsets.UTF_8));
        try (InputStream in = Files.newInputStream(file)) {
            hash.update(in.readNBytes(MOST));
        }
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(MessageDigest hash) {
        return HexFormat.of().formatHex(hash.digest(), 0, BYTES);
    }
}
