package dev.gradine.data.file;

import dev.gradine.data.DataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;

/// A file of the user's, which must stay as it was when it was opened.
final class WatchedFile implements StoredBytes {

    private final Path file;
    private final long bytes;
    private final FileTime changed;

    WatchedFile(Path file) throws IOException {
        this.file = file;
        bytes = Files.size(file);
        changed = Files.getLastModifiedTime(file);
    }

    @Override
    public void read(ByteBuffer into, long at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() != bytes || !Files.getLastModifiedTime(file).equals(changed)) {
                throw new DataException("has changed while it was in use");
            }
            while (into.hasRemaining() && channel.read(into, at + into.position()) >= 0) {}
        }
    }
}
