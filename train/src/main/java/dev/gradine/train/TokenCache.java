package dev.gradine.train;

import dev.gradine.align.Recipe;
import dev.gradine.data.DataSet;
import dev.gradine.data.encode.Encoded;
import dev.gradine.data.encode.EncodedFile;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import dev.gradine.io.Sha256;
import dev.gradine.settings.Settings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/// Tokenised rows in files, one for each key. The key is a SHA-256 digest of all that decides them: the rows' file and
/// which of its rows, tokenizer and chat template, the options of the recipe, the longest length. What is read is
/// checked; a damaged entry is made anew.
///
/// ```
/// gradine-tokens-1 | key, 64 digits | CRC-32C of the rest, 8 bytes | examples
/// ```
///
/// @param folder of the entries: one, or none where nothing is kept
/// @param least rows of a file that is kept
/// @param text gives the digest of tokenizer and template; empty where rows cannot be kept
/// @param host is told of entries that are damaged or cannot be written
record TokenCache(List<Path> folder, int least, Supplier<String> text, RunHost host) {

    private static final byte[] MAGIC = "gradine-tokens-1".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGITS = 64;
    private static final int HEAD = MAGIC.length + DIGITS + Long.BYTES;
    private static final int MANY = 5000; // rows that take seconds

    /// Of a run.
    static TokenCache of(TokenCacheSettings settings, Supplier<String> text, RunHost host) {
        if (!settings.tokenCache()) return new TokenCache(List.of(), 0, text, host);
        Path given = settings.tokenCacheDir();
        return new TokenCache(List.of(given == null ? usual() : given), given == null ? MANY : 0, text, host);
    }

    private static Path usual() {
        String cache = System.getenv("XDG_CACHE_HOME");
        Path parent = cache == null || cache.isEmpty()
                ? Path.of(System.getProperty("user.home", "."), ".cache")
                : Path.of(cache);
        return parent.resolve("gradine").resolve("tokens");
    }

    /// What decides the examples of some rows.
    ///
    /// @param file of the rows: one, or none where they are from elsewhere
    /// @param length tokens of the longest example
    record Wanted(Recipe<?> recipe, DataSet rows, List<Path> file, int length, int batch) {

        /// Rows that stay in their file are tokenised when they are asked for, and never all held.
        boolean canBeKept() {
            return !file.isEmpty() && !rows.isLarge() && recipe instanceof Record;
        }
    }

    /// The examples, from the cache or made now.
    <E> Encoded<E> get(Wanted wanted, Supplier<Encoded<E>> make) {
        if (folder.isEmpty() || !wanted.canBeKept() || wanted.rows().size() < least) return make.get();
        String read = text.get();
        if (read.isEmpty()) return make.get();
        String key = key(wanted, read);
        Path entry = folder.getFirst().resolve(key + ".tokens");
        try {
            if (Files.exists(entry)) return EncodedFile.read(checked(Files.readAllBytes(entry), key));
        } catch (IOException e) {
            host.tell("token cache: %s is damaged (%s); its rows are tokenised anew".formatted(entry, e.getMessage()));
        }
        Encoded<E> made = make.get();
        if (EncodedFile.takes(made)) keep(entry, key, made);
        return made;
    }

    private static String key(Wanted wanted, String text) {
        Sha256 sha = new Sha256();
        sha.add(text);
        sha.add(wanted.recipe().about().name());
        sha.add(Json.line(options((Record) wanted.recipe())));
        sha.add(wanted.length(), wanted.batch(), wanted.rows().size());
        sha.add(wanted.rows().numbers().stream().mapToInt(n -> n).toArray());
        sha.add(TextFiles.digest(wanted.file().getFirst()));
        return sha.hex();
    }

    private static <R extends Record> Map<String, Object> options(R recipe) {
        return Settings.of(recipe).write(recipe);
    }

    private static byte[] checked(byte[] all, String key) throws IOException {
        if (all.length < HEAD || !Arrays.equals(MAGIC, Arrays.copyOf(all, MAGIC.length))) {
            throw new IOException("it does not begin as an entry does");
        }
        String name = new String(all, MAGIC.length, DIGITS, StandardCharsets.US_ASCII);
        if (!name.equals(key)) throw new IOException("it is the entry of another key");
        byte[] rest = Arrays.copyOfRange(all, HEAD, all.length);
        if (ByteBuffer.wrap(all).getLong(HEAD - Long.BYTES) == sum(rest)) return rest;
        throw new IOException("its bytes are not those that were written");
    }

    private static long sum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }

    private void keep(Path entry, String key, Encoded<?> made) {
        try {
            Files.createDirectories(folder.getFirst());
            byte[] rest = EncodedFile.write(made);
            ByteBuffer all = ByteBuffer.allocate(HEAD + rest.length)
                    .put(MAGIC)
                    .put(key.getBytes(StandardCharsets.US_ASCII))
                    .putLong(sum(rest))
                    .put(rest)
                    .flip();
            AtomicFiles.write(entry, out -> AtomicFiles.writeFully(out, all));
        } catch (IOException | CheckpointException e) {
            host.tell("token cache: %s; the rows are not kept".formatted(e.getMessage()));
        }
    }
}
