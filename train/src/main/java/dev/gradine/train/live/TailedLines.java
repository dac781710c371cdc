package dev.gradine.train.live;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The lines of a file that somebody else appends to, each once and whole.
final class TailedLines {

    private static final int AT_ONCE = 1 << 20;

    private final Path file;
    private @Nullable Object key; // another one where a file of that name was written anew
    private long read;
    private ByteArrayOutputStream begun = new ByteArrayOutputStream(); // a line whose end is not there yet

    TailedLines(Path file) {
        this.file = file;
    }

    /// Whether the file is another than the one read before, or shorter: then it is read from its
    /// beginning.
    boolean beginsAnew() throws IOException {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            boolean other = read > 0 && (now.size() < read || (key != null && !key.equals(now.fileKey())));
            if (other) restart();
            return other;
        } catch (NoSuchFileException _) {
            boolean gone = read > 0;
            restart();
            return gone;
        }
    }

    private void restart() {
        read = 0;
        key = null;
        begun = new ByteArrayOutputStream();
    }

    /// The lines that have become whole since the last call; none where there is no such file.
    List<String> next() throws IOException {
        if (!Files.exists(file)) return List.of();
        if (key == null)
            key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        try (FileChannel in = FileChannel.open(file)) {
            in.position(read);
            ByteBuffer bytes = ByteBuffer.allocate(Math.clamp(in.size() - read, 1, AT_ONCE));
            for (int n = in.read(bytes); n > 0; n = in.read(bytes.clear())) {
                begun.write(bytes.array(), 0, n);
                read += n;
            }
        }
        byte[] all = begun.toByteArray();
        int end = all.length;
        while (end > 0 && all[end - 1] != '\n') end--;
        begun = new ByteArrayOutputStream();
        begun.write(all, end, all.length - end);
        return new String(all, 0, end, StandardCharsets.UTF_8).lines().toList();
    }
}
