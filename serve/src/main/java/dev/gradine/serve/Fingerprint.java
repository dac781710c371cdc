package dev.gradine.serve;

import dev.gradine.peft.AdapterFolder;
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
    private static final long MOST = 64 << 20; // bytes of a model's file
    private static final int PIECE = 1 << 16;

    private Fingerprint() {}

    /// That of a model's file, or of all files of its folder; of large ones, of their length and their beginning.
    static String ofModel(Path path) {
        if (!Files.isDirectory(path)) return of(List.of(path), MOST);
        try (Stream<Path> all = Files.list(path)) {
            return of(all.filter(Files::isRegularFile).sorted().toList(), MOST);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// That of an adapter: of what is read of its folder, where a run may have left more.
    static String ofAdapter(Path folder) {
        return of(List.of(folder.resolve(AdapterFolder.CONFIG), folder.resolve(AdapterFolder.WEIGHTS)), Long.MAX_VALUE);
    }

    private static String of(List<Path> files, long most) {
        MessageDigest hash = digest();
        try {
            for (Path file : files) add(hash, file, most);
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

    private static void add(MessageDigest hash, Path file, long most) throws IOException {
        String header = "%s %d".formatted(file.getFileName(), Files.size(file));
        hash.update(header.getBytes(StandardCharsets.UTF_8));
        try (InputStream in = Files.newInputStream(file)) {
            byte[] piece = new byte[PIECE];
            long left = most;
            for (int n = in.read(piece); n > 0 && left > 0; n = in.read(piece)) {
                hash.update(piece, 0, (int) Math.min(left, n));
                left -= n;
            }
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
