package dev.gradine.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// Whole-file writes that a crash cannot tear: a reader sees the old content or the new one, never a part.
public final class AtomicFile {

    private AtomicFile() {}

    /// Writes `bytes` beside `file`, forces them to disk and moves them over it.
    ///
    /// @throws UncheckedIOException if the folder is missing or the disk refuses; `file` is then as it was
    public static void write(Path file, byte[] bytes) {
        // The process id keeps two processes apart; not createTempFile, whose files only their owner may read.
        Path temp = file.resolveSibling(
                "." + file.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        try {
            try {
                force(temp, bytes);
                Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temp);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written (" + e + ")", e);
        }
    }

    private static void force(Path temp, byte[] bytes) throws IOException {
        try (FileChannel out = FileChannel.open(
                temp, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) out.write(rest);
            out.force(true);
        }
    }
}
