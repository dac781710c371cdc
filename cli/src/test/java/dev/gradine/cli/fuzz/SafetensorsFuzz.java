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
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/// `model.safetensors`: its header and what lies around it.
final class SafetensorsFuzz {

    private static final int LENGTH = 8; // bytes of the header's length, before it

    private static final List<String> KEYS =
            List.of("dtype", "shape", "data_offsets", "__metadata__", "lm_head.weight");

    private static final List<String> WORDS =
            List.of("", "F32", "BF16", "F8_E4M3", "I64", "U4", "pt", "\u0000", "x".repeat(2000));

    private static final List<String> PARTS = List.of(
            "[0, 0]",
            "[4, 0]",
            "[0, 9223372036854775807]",
            "[2147483647, 2147483647, 4]",
            "[]",
            "{\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}",
            "-1",
            "1e999");

    private SafetensorsFuzz() {}

    static List<FileKind> kinds(Path model, Kernels run) throws IOException {
        Path file = model.resolve("model.safetensors");
        Original original = new Original(Files.readAllBytes(file), model, TinyFiles.opening(file, model, run));
        return List.of(new FileKind("safetensors", List.of(original), change(), Set.of(CheckpointException.class)));
    }

    /// Changes among the first bytes, or in the header's JSON with a length that fits it.
    static FileKind.Change change() {
        FileKind.Change bytes = new Mutation(ConfigFuzz.VALUES).before(SafetensorsFuzz::start);
        return bytes.or(SafetensorsFuzz::header);
    }

    private static byte[] header(byte[] file, SplittableRandom random) {
        byte[] json = new JsonChange(KEYS, WORDS, PARTS).of(Arrays.copyOfRange(file, LENGTH, start(file)), random);
        return ByteBuffer.allocate(LENGTH + json.length + file.length - start(file))
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(file, start(file), file.length - start(file))
                .array();
    }

    /// Where the values begin.
    private static int start(byte[] file) {
        return LENGTH
                + (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }
}
