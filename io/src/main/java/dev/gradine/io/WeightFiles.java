package dev.gradine.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Finds the weight file of a folder and tells the formats apart.
final class WeightFiles {

    /// Formats we read.
    enum Kind {
        SAFETENSORS,
        INDEX,
        GGUF,
        LLAMA2C
    }

    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";

    private WeightFiles() {}

    /// The file itself, or of a folder: `model.safetensors`, else its index, else the only `.gguf`, else the only
    /// `.bin`.
    static Path locate(Path fileOrFolder) {
        if (!Files.isDirectory(fileOrFolder)) return fileOrFolder;
        for (String name : List.of(SINGLE, INDEX)) {
            if (Files.exists(fileOrFolder.resolve(name))) return fileOrFolder.resolve(name);
        }
        for (String ending : List.of(".gguf", ".bin")) {
            List<Path> found = endingWith(fileOrFolder, ending);
            if (found.size() == 1) return found.getFirst();
            if (found.size() > 1) {
                throw new CheckpointException(
                        fileOrFolder,
                        "%d files end in %s (%s), expected one: name the file itself"
                                .formatted(found.size(), ending, String.join(", ", names(found))));
            }
        }
        throw new CheckpointException(
                fileOrFolder, "no weights, expected %s, %s, one .gguf or one .bin".formatted(SINGLE, INDEX));
    }

    /// By name, and by content for GGUF, which people name as they like.
    static Kind kind(Path file) {
        byte[] first = firstBytes(file);
        if (new String(first, StandardCharsets.ISO_8859_1).equals("GGUF")) return Kind.GGUF;
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(".safetensors")) return Kind.SAFETENSORS;
        if (name.endsWith(".safetensors.index.json")) return Kind.INDEX;
        if (name.endsWith(".gguf")) throw new CheckpointException(file, "does not start with GGUF");
        if (isPickle(first)) {
            throw new CheckpointException(
                    file, "is a pickled PyTorch file, which can run code when read; expected safetensors or GGUF");
        }
        if (name.endsWith(".bin")) return Kind.LLAMA2C;
        throw new CheckpointException(
                file, "unknown kind of file, expected .safetensors, .safetensors.index.json, .gguf or .bin");
    }

    /// A zip archive, or the opcode of pickle with its version and an opcode after it. The first integer of a llama2.c
    /// file is a width, in which the third byte is 0.
    private static boolean isPickle(byte[] b) {
        if (b.length < 4) return false;
        boolean zip = b[0] == 'P' && b[1] == 'K' && b[2] == 3 && b[3] == 4;
        return zip || (b[0] == (byte) 0x80 && b[1] >= 2 && b[1] <= 5 && b[2] != 0);
    }

    private static byte[] firstBytes(Path file) {
        MappedFile.requireRegular(file);
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(4);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be read", e);
        }
    }

    private static List<Path> endingWith(Path folder, String ending) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(ending)).sorted().toList();
        } catch (IOException e) {
            throw CheckpointException.of(folder, "cannot be read", e);
        }
    }

    private static List<String> names(List<Path> files) {
        return files.stream().map(f -> String.valueOf(f.getFileName())).toList();
    }
}
