package dev.gradine.cli.fuzz;

import dev.gradine.io.CheckpointException;
import dev.gradine.tensor.Kernels;
import dev.gradine.testkit.fuzz.FileKind;
import dev.gradine.testkit.fuzz.Mutation;
import dev.gradine.testkit.fuzz.Original;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/// llama2.c's `.bin`: seven numbers, then floats.
final class Llama2cFuzz {

    private static final int HEADER = 28; // bytes

    private Llama2cFuzz() {}

    static List<FileKind> kinds(Path folder, Kernels run) throws IOException {
        Path home = Files.createDirectories(folder.resolve("llama2c"));
        Path file = home.resolve("model.bin");
        Original original = new Original(bytes(), file, TinyFiles.opening(file, file, run));
        FileKind.Change change = new Mutation(List.of("\u0000", "\u0001\u0000")).before(_ -> HEADER);
        return List.of(new FileKind("llama2.c", List.of(original), change, Set.of(CheckpointException.class)));
    }

    /// Dim 8, hidden 6, 1 layer, 2 heads of 4, 1 kv head, vocabulary 5, context 16.
    private static byte[] bytes() {
        int floats = 40 + 8 + 64 + 32 + 32 + 64 + 8 + 3 * 48 + 8 + 16 * 4;
        ByteBuffer b = ByteBuffer.allocate(HEADER + 4 * floats).order(ByteOrder.LITTLE_ENDIAN);
        for (int n : new int[] {8, 6, 1, 2, 1, 5, 16}) b.putInt(n);
        for (int i = 0; i < floats; i++) b.putFloat(i % 7);
        return b.array();
    }
}
