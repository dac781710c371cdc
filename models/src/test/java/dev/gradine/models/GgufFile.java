package dev.gradine.models;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// A GGUF file of version 3 with f32 tensors, written by hand.
final class GgufFile {

    private static final int ALIGNMENT = 32;
    private static final int U32 = 4;
    private static final int F32 = 6;
    private static final int TEXT = 8;

    private final ByteArrayOutputStream pairs = new ByteArrayOutputStream();
    private final ByteArrayOutputStream infos = new ByteArrayOutputStream();
    private final ByteArrayOutputStream values = new ByteArrayOutputStream();
    private final String arch;
    private long pairCount;
    private long tensorCount;

    /// @param arch `general.architecture`, and what its keys begin with
    GgufFile(String arch) {
        this.arch = arch;
        key("general.architecture", TEXT);
        text(pairs, arch);
    }

    /// A whole number under `ARCH.name`.
    GgufFile with(String name, int value) {
        key(arch + "." + name, U32);
        pairs.writeBytes(bytes(4).putInt(value).array());
        return this;
    }

    /// A number under `ARCH.name`.
    GgufFile with(String name, float value) {
        key(arch + "." + name, F32);
        pairs.writeBytes(bytes(4).putFloat(value).array());
        return this;
    }

    /// A text under `ARCH.name`.
    GgufFile with(String name, String value) {
        key(arch + "." + name, TEXT);
        text(pairs, value);
        return this;
    }

    private void key(String name, int type) {
        pairCount++;
        text(pairs, name);
        pairs.writeBytes(bytes(4).putInt(type).array());
    }

    /// A tensor.
    ///
    /// @param shape outermost first
    GgufFile tensor(String name, float[] v, int... shape) {
        tensorCount++;
        text(infos, name);
        infos.writeBytes(bytes(4).putInt(shape.length).array());
        for (int i = shape.length - 1; i >= 0; i--) {
            infos.writeBytes(bytes(8).putLong(shape[i]).array());
        }
        infos.writeBytes(bytes(12).putInt(0).putLong(values.size()).array());
        for (float x : v) values.writeBytes(bytes(4).putFloat(x).array());
        align(values, 0);
        return this;
    }

    /// The whole file.
    byte[] array() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(
                bytes(20).putInt(3).putLong(tensorCount).putLong(pairCount).array());
        all.writeBytes(pairs.toByteArray());
        all.writeBytes(infos.toByteArray());
        align(all, 0);
        all.writeBytes(values.toByteArray());
        return all.toByteArray();
    }

    Path to(Path file) {
        try {
            return Files.write(file, array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void align(ByteArrayOutputStream out, int fill) {
        while (out.size() % ALIGNMENT != 0) out.write(fill);
    }

    private static void text(ByteArrayOutputStream to, String s) {
        byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
        to.writeBytes(bytes(8).putLong(utf8.length).array());
        to.writeBytes(utf8);
    }

    private static ByteBuffer bytes(int n) {
        return ByteBuffer.allocate(n).order(ByteOrder.LITTLE_ENDIAN);
    }
}
