package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A table of broken files, each with the whole message: what, where, what was expected, and no word of Java's.
class BrokenFilesTest {

    private final Arena arena = Arena.ofConfined();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        arena.close();
    }

    /// @param name of the file
    /// @param bytes of it
    /// @param message behind the file's name
    private record Broken(String name, Bytes bytes, String message) {}

    private static Map<String, Broken> table() {
        Map<String, Broken> t = new LinkedHashMap<>();
        kindsOfGguf(t);
        keysOfGguf(t);
        others(t);
        return t;
    }

    private static void kindsOfGguf(Map<String, Broken> t) {
        t.put(
                "a list where a number belongs",
                gguf(
                        new GgufBytes(3, 32)
                                .text("general.architecture", "llama")
                                .list("llama.block_count", 5, 2, b -> b.i32(1, 2)),
                        "llama.block_count is [1, 2], expected a whole number from 1"));
        t.put(
                "a long list where a number belongs",
                gguf(
                        new GgufBytes(3, 32)
                                .text("general.architecture", "llama")
                                .list("llama.block_count", 6, 9, b -> b.f32(1, 2, 3, 4, 5, 6, 7, 8, 9)),
                        "llama.block_count is [1.0, 2.0, 3.0, 4.0, 5.0, ... 9 in all], expected a whole number"
                                + " from 1"));
        t.put(
                "a list where a text belongs",
                gguf(
                        new GgufBytes(3, 32).list("general.architecture", 5, 1, b -> b.i32(7)),
                        "general.architecture is [7], expected llama"));
        t.put("no architecture", gguf(new GgufBytes(3, 32), "general.architecture is missing, expected llama"));
        t.put(
                "a list where the alignment belongs",
                gguf(
                        new GgufBytes(3, 32).list("general.alignment", 5, 1, b -> b.i32(64)),
                        "general.alignment is [64], expected a power of two up to 65536"));
        t.put(
                "a list where an epsilon belongs",
                gguf(epsilon(), "llama.attention.layer_norm_rms_epsilon is [1.0], expected a number > 0"));
    }

    private static void keysOfGguf(Map<String, Broken> t) {
        t.put(
                "one part of several",
                gguf(
                        new TinyLlama(true).gguf(3).u32("split.count", 4),
                        "split.count is 4, expected a whole model: join its parts with llama.cpp's gguf-split"
                                + " --merge"));
        t.put(
                "an adapter",
                gguf(
                        new TinyLlama(true).gguf(3).text("general.type", "adapter"),
                        "general.type is adapter, expected model"));
        t.put(
                "an expert",
                gguf(
                        new TinyLlama(true).gguf(3).u32("llama.expert_count", 4),
                        "llama.expert_count is 4, which is not computed here: expected no such key"));
        t.put(
                "a logit scale",
                gguf(
                        new TinyLlama(true).gguf(3).f32("llama.logit_scale", 0.5f),
                        "llama.logit_scale is 0.5, which is not computed here: expected no such key or 1.0"));
    }

    private static void others(Map<String, Broken> t) {
        t.put(
                "a shape that is a text",
                safetensors(
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[\"x\"],\"data_offsets\":[0,0]}}",
                        "tensor a: shape is [x], expected whole numbers"));
        t.put(
                "offsets without end",
                safetensors(
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[1,2,3,4,5,6,7]}}",
                        "tensor a: data_offsets are [1, 2, 3, 4, 5, ... 7 in all], expected two"));
        t.put(
                "a dtype that is an object",
                safetensors(
                        "{\"a\":{\"dtype\":{\"b\":1},\"shape\":[],\"data_offsets\":[0,0]}}",
                        "tensor a: dtype is {b=1}, expected one of the format's"));
        t.put(
                "a header that ends early",
                safetensors(
                        "{\"a\":{",
                        "header: line 1, column 7: Unexpected end-of-input: expected close marker for Object"));
        t.put(
                "a name with a control character",
                safetensors("{\"a\\u001b[31m\":3}", "tensor a?[31m: is not an object"));
        t.put(
                "a header of another size",
                new Broken(
                        "a.bin",
                        new Bytes().i32(4, 3, 2, 2, 1, 5, 7),
                        "28 bytes, too few for dim 4, hidden_dim 3, n_layers 2, n_heads 2, n_kv_heads 1, vocab_size 5,"
                                + " seq_len 7"));
    }

    private static GgufBytes epsilon() {
        return new GgufBytes(3, 32)
                .text("general.architecture", "llama")
                .u32("llama.context_length", 16)
                .u32("llama.embedding_length", 8)
                .u32("llama.block_count", 1)
                .u32("llama.feed_forward_length", 6)
                .u32("llama.attention.head_count", 2)
                .list("llama.attention.layer_norm_rms_epsilon", 6, 1, b -> b.f32(1))
                .tensor("token_embd.weight", new float[40], 8, 5);
    }

    private static Broken gguf(GgufBytes file, String message) {
        return new Broken("a.gguf", new Bytes().raw(file.array()), message);
    }

    private static Broken safetensors(String header, String message) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return new Broken("model.safetensors", new Bytes().i64(text.length).raw(text), message);
    }

    static List<String> names() {
        return List.copyOf(table().keySet());
    }

    @ParameterizedTest
    @MethodSource("names")
    void is_refused_in_one_line(String name) {
        Broken broken = Objects.requireNonNull(table().get(name));
        Path file = Bytes.write(folder.resolve(broken.name), broken.bytes.array());
        assertThatThrownBy(() -> Checkpoint.open(file, GgufBytes.LLAMA, arena))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": " + broken.message);
    }
}
