package dev.gradine.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// The front part of a GGUF file in the making: numbers, texts and typed pairs, little-endian.
final class GgufBytesOut {

    private static final int U32 = 4;
    private static final int I32 = 5;
    private static final int F32 = 6;
    private static final int BOOL = 7;
    private static final int TEXT = 8;
    private static final int LIST = 9;
    private static final int I64 = 11;
    private static final int F64 = 12;
    private static final long MAX_U32 = 0xffff_ffffL;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Path file;

    /// @param file named in errors
    GgufBytesOut(Path file) {
        this.file = file;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    GgufBytesOut raw(byte[] b) {
        bytes.writeBytes(b);
        return this;
    }

    GgufBytesOut i32(int v) {
        return raw(
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(v).array());
    }

    GgufBytesOut i64(long v) {
        return raw(
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(v).array());
    }

    GgufBytesOut text(String s) {
        byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
        return i64(utf8.length).raw(utf8);
    }

    /// One pair: key, type, value.
    void pair(String key, Object value) {
        text(key);
        switch (value) {
            case String s -> i32(TEXT).text(s);
            case Boolean b -> i32(BOOL).raw(bit(b));
            case Float f -> i32(F32).i32(Float.floatToIntBits(f));
            case Double d -> i32(F64).i64(Double.doubleToLongBits(d));
            case Integer n -> whole(n);
            case Long n -> whole(n);
            default -> list(key, value);
        }
    }

    /// Readers ask for u32 wherever a number cannot be negative.
    private void whole(long n) {
        if (n >= 0 && n <= MAX_U32) i32(U32).i32((int) n);
        else i32(I64).i64(n);
    }

    private void list(String key, Object value) {
        i32(LIST);
        switch (value) {
            case int[] a -> {
                i32(I32).i64(a.length);
                for (int v : a) i32(v);
            }
            case long[] a -> {
                i32(I64).i64(a.length);
                for (long v : a) i64(v);
            }
            case float[] a -> {
                i32(F32).i64(a.length);
                for (float v : a) i32(Float.floatToIntBits(v));
            }
            case boolean[] a -> {
                i32(BOOL).i64(a.length);
                for (boolean v : a) raw(bit(v));
            }
            case List<?> a
            when a.stream().allMatch(String.class::isInstance) -> {
                i32(TEXT).i64(a.size());
                for (Object v : a) text((String) v);
            }
            default ->
                throw new CheckpointException(
                        file,
                        "%s: value is a %s, which we do not write"
                                .formatted(key, value.getClass().getSimpleName()));
        }
    }

    private static byte[] bit(boolean b) {
        return new byte[] {(byte) (b ? 1 : 0)};
    }
}
