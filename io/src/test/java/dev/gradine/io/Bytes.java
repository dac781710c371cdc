package dev.gradine.io;

import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// Files by hand, little-endian, and what is in a folder.
final class Bytes {

    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);

    Bytes i32(int... values) {
        for (int v : values) buffer.putInt(v);
        return this;
    }

    Bytes i64(long... values) {
        for (long v : values) buffer.putLong(v);
        return this;
    }

    Bytes f32(float... values) {
        for (float v : values) buffer.putFloat(v);
        return this;
    }

    Bytes raw(byte... values) {
        buffer.put(values);
        return this;
    }

    Bytes text(String s) {
        return raw(s.getBytes(StandardCharsets.UTF_8));
    }

    Bytes zeros(int n) {
        return raw(new byte[n]);
    }

    Bytes align(int to) {
        while (buffer.position() % to != 0) buffer.put((byte) 0);
        return this;
    }

    byte[] array() {
        byte[] all = new byte[buffer.position()];
        buffer.get(0, all);
        return all;
    }

    Path to(Path file) {
        return write(file, array());
    }

    static Path write(Path file, byte[] bytes) {
        try {
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Names of everything in a folder, hidden files too.
    static Stream<String> content(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The bytes of a tensor in memory.
    static byte[] of(Tensor t) {
        return t.data().toArray(ValueLayout.JAVA_BYTE);
    }

    /// A safetensors file of this header and `n` bytes of zeros.
    static Bytes safetensors(String header, int n) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return new Bytes().i64(text.length).raw(text).zeros(n);
    }
}
