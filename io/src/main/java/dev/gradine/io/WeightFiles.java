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
        TORCH,
        GGUF,
        LLAMA2C
    }

    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";
    private static final String TORCH = "pytorch_model.bin";

    private WeightFiles() {}

    /// The file itself, or of a folder: `model.safetensors`, else its index, else the same of PyTorch, else the only
    /// `.gguf`, else the only
    /// `.bin`.
    static Path locate(Path fileOrFolder) {
        if (!Files.isDirectory(fileOrFolder)) return fileOrFolder;
        for (String name : List.of(SINGLE, INDEX, TORCH, TORCH + ".index.json")) {
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
        if (isZip(first)) return Kind.TORCH;
        if (name.endsWith(".safetensors.index.json") || name.endsWith(".bin.index.json")) return Kind.INDEX;
        if (name.endsWith(".gguf")) throw new CheckpointException(file, "does not start with GGUF");
        if (isPickle(first)) {
            throw new CheckpointException(
                    file, "was saved before PyTorch 1.6, by pickle alone; load it in PyTorch and save it again");
        }
        if (name.endsWith(".bin")) return Kind.LLAMA2C;
        throw new CheckpointException(
                file,
                "unknown kind of file, expected .safetensors, .gguf, .bin or .pt, or an index of the first or third");
    }

    private static boolean isZip(byte[] b) {
        return b.length == 4 && b[0] == 'P' && b[1] == 'K' && b[2] == 3 && b[3] == 4;
    }

    /// The opcode of pickle with its version and an opcode after it. The first integer of a llama2.c
    /// file is a width, in which the third byte is 0.
    private static boolean isPickle(byte[] b) {
        if (b.length < 4) return false;
        return (b[0] == (byte) 0x80 && b[1] >= 2 && b[1] <= 5 && b[2] != 0);
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
