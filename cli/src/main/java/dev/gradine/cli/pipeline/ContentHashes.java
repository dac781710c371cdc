package dev.gradine.cli.pipeline;

import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import dev.gradine.io.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// SHA-256 of files and folders. What was computed is kept beside the pipeline, by path, size and time of change, so
/// that a model of gigabytes is read once.
final class ContentHashes {

    private static final String FILE = "hashes.json";
    private static final String NO_FILE = "";

    private final Path file;
    private final Map<String, Object> known;

    private ContentHashes(Path file, Map<String, Object> known) {
        this.file = file;
        this.known = known;
    }

    /// Those kept in a folder.
    static ContentHashes in(Path folder) {
        Path file = folder.resolve(FILE);
        return new ContentHashes(file, Files.exists(file) ? new TreeMap<>(Json.readObject(file)) : new TreeMap<>());
    }

    /// Keeps what is known by now.
    void save() {
        Json.write(file, known);
    }

    /// Of a file's bytes, or of a folder's files and their names.
    ///
    /// @throws CheckpointException if it is not there or cannot be read
    String of(Path path) {
        try {
            if (!Files.isDirectory(path)) return ofFile(path);
            Sha256 all = new Sha256();
            files(path).forEach((name, hash) -> all.add(name + "\n" + hash + "\n"));
            return all.hex();
        } catch (IOException e) {
            throw CheckpointException.of(path, "cannot be read", e);
        }
    }

    /// The hashes of a folder's files, by their paths in it.
    Map<String, String> files(Path folder) throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> found = Files.walk(folder)) {
            List<Path> files = found.filter(Files::isRegularFile).toList();
            for (Path f : files) all.put(folder.relativize(f).toString().replace('\\', '/'), ofFile(f));
        }
        return all;
    }

    private String ofFile(Path path) throws IOException {
        String stamp = "%d %s ".formatted(Files.size(path), Files.getLastModifiedTime(path));
        String key = path.toAbsolutePath().normalize().toString();
        String before = String.valueOf(known.getOrDefault(key, NO_FILE));
        if (before.startsWith(stamp)) return before.substring(stamp.length());
        String hash = digest(path);
        known.put(key, stamp + hash);
        return hash;
    }

    private static String digest(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            DigestInputStream digested = new DigestInputStream(in, MessageDigest.getInstance("SHA-256"));
            byte[] buffer = new byte[1 << 16];
            int read = 0;
            while (read >= 0) read = digested.read(buffer);
            return HexFormat.of().formatHex(digested.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
