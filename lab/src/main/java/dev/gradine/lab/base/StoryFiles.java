package dev.gradine.lab.base;

import dev.gradine.io.AtomicFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The story model and its data, which travel inside the program: the demo and the lab begin with them.
public final class StoryFiles {

    /// What there is, licences included: a copy without them would not be allowed.
    static final List<String> NAMES = List.of(
            "model/config.json",
            "model/model.safetensors",
            "model/tok512.bin",
            "model/README.md",
            "model/LICENSE",
            "data/train.jsonl",
            "data/held.jsonl",
            "data/whole.jsonl",
            "data/README.md",
            "data/LICENSE");

    private StoryFiles() {}

    /// Copies all of it into `folder`, which exists.
    public static void copyTo(Path folder) {
        try {
            for (String name : NAMES) {
                Path file = folder.resolve(name);
                Files.createDirectories(folder.resolve(name).resolveSibling(""));
                ByteBuffer bytes = ByteBuffer.wrap(read(name));
                AtomicFiles.write(file, out -> AtomicFiles.writeFully(out, bytes));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] read(String name) throws IOException {
        try (InputStream in = StoryFiles.class.getResourceAsStream(name)) {
            if (in == null) throw new FileNotFoundException("the program lacks its file lab/base/" + name);
            return in.readAllBytes();
        }
    }
}
