package dev.gradine.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Maps a whole file, read-only.
final class MappedFile {

    private MappedFile() {}

    /// Fails on folders, pipes and devices, before one of them blocks us.
    static void requireRegular(Path file) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new CheckpointException(file, "is not a regular file, expected a weight file");
        }
    }

    /// The whole file.
    ///
    /// @param arena keeps the map; closing it unmaps
    /// @throws CheckpointException if it is no regular file or cannot be read
    static MemorySegment map(Path file, Arena arena) {
        requireRegular(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be read", e);
        }
    }
}
