package dev.gradine.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/// A folder that one writer at a time works in. What a writer leaves there that was killed stops nobody.
public final class FolderLock implements AutoCloseable {

    private static final String NAME = ".gradine.lock";

    private final Path file;
    private final FileChannel held;

    private FolderLock(Path file, FileChannel held) {
        this.file = file;
        this.held = held;
    }

    /// Takes the folder until it is closed.
    ///
    /// @param folder is there
    /// @throws CheckpointException if another writer has it, or it cannot be written to
    public static FolderLock take(Path folder) {
        Path file = folder.resolve(NAME);
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (isLocked(channel)) return new FolderLock(file, channel);
            channel.close();
        } catch (IOException e) {
            throw CheckpointException.of(folder, "cannot be written to", e);
        }
        throw new CheckpointException(folder, "another run is writing there, expected a folder of its own for each");
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException _) { // held within this process
            return false;
        }
    }

    /// Whether a folder holds a lock and nothing else, as a writer leaves it that was killed at once.
    public static boolean isAlone(Path folder) {
        if (!Files.isDirectory(folder)) return false;
        try (Stream<Path> content = Files.list(folder)) {
            return content.allMatch(f -> f.endsWith(NAME));
        } catch (IOException e) {
            throw CheckpointException.of(folder, "cannot be read", e);
        }
    }

    /// Fails if anything but this lock is in the folder: another writer was faster, and has finished.
    ///
    /// @throws CheckpointException names the folder
    public void requireAlone() {
        Path folder = file.resolveSibling("");
        try (Stream<Path> content = Files.list(folder)) {
            List<Path> others = content.filter(f -> !f.endsWith(NAME)).toList();
            if (others.isEmpty()) return;
        } catch (IOException e) {
            throw CheckpointException.of(folder, "cannot be read", e);
        }
        throw new CheckpointException(
                folder, "another run has written there meanwhile, expected a new or empty folder");
    }

    /// Gives it back, and leaves nothing.
    @Override
    public void close() {
        try (held) {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be removed", e);
        }
    }
}
