package dev.gradine.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// Reads the front part of a GGUF file, never past its end.
final class GgufCursor {

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble F64 =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Bytes of text and lists a file may ask us to hold; the largest tokenizers need 30 MB.
    private static final long MAX_HELD = 512L << 20;

    /// Lists within lists; no file in use goes beyond 2.
    private static final int MAX_DEPTH = 4;

    /// Bytes of one value by type number: u8 i8 u16 i16 u32 i32 f32 bool text list u64 i64 f64. For texts and lists the
    /// least there can be.
    private static final int[] WIDTHS = {1, 1, 2, 2, 4, 4, 4, 1, 4, 8, 8, 8, 8};

    private final Path file;
    private final MemorySegment all;
    private long at = 4;
    private long held;
    private boolean longCounts;

    /// @param all the whole file, at least the four bytes of the magic number
    GgufCursor(Path file, MemorySegment all) {
        this.file = file;
        this.all = all;
    }

    CheckpointException fault(String what) {
        return new CheckpointException(file, what);
    }

    long at() {
        return at;
    }

    /// Version 1 counts in 32 bits, later ones in 64.
    void setVersion(int version) {
        longCounts = version > 1;
    }

    private long take(long n, String what) {
        if (n > all.byteSize() - at) {
            throw fault("%s: %d bytes at offset %d, but the file ends at %d".formatted(what, n, at, all.byteSize()));
        }
        long from = at;
        at += n;
        return from;
    }

    private void hold(long bytes, String what) {
        held += bytes;
        if (held > MAX_HELD) throw fault("%s: metadata needs more than %d bytes".formatted(what, MAX_HELD));
    }

    int i32(String what) {
        return all.get(U32, take(4, what));
    }

    long i64(String what) {
        return all.get(U64, take(8, what));
    }

    /// A number of things that take at least `width` bytes each.
    long count(String what, long width) {
        long n = longCounts ? i64(what) : Integer.toUnsignedLong(i32(what));
        if (n < 0 || n > (all.byteSize() - at) / width) {
            throw fault("%s: count is %s, more than the %d bytes left can hold"
                    .formatted(what, Long.toUnsignedString(n), all.byteSize() - at));
        }
        return n;
    }

    /// One extent of a shape.
    long extent(String what) {
        return longCounts ? i64(what) : Integer.toUnsignedLong(i32(what));
    }

    String text(String what) {
        long n = count(what, 1);
        hold(n, what);
        byte[] bytes = all.asSlice(take(n, what), n).toArray(ValueLayout.JAVA_BYTE);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException _) {
            throw fault("%s: text at offset %d is not UTF-8".formatted(what, at - n));
        }
    }

    /// A metadata value: `Integer`, `Long`, `Float`, `Double`, `Boolean`, `String`, or for a list `int[]`, `long[]`,
    /// `float[]`, `double[]`, `boolean[]`, `List<String>` or `List<Object>`.
    Object value(int type, String key) {
        return value(type, key, 0);
    }

    private Object value(int type, String key, int depth) {
        return switch (type) {
            case 0 -> all.get(ValueLayout.JAVA_BYTE, take(1, key)) & 0xff;
            case 1 -> (int) all.get(ValueLayout.JAVA_BYTE, take(1, key));
            case 2 -> all.get(U16, take(2, key)) & 0xffff;
            case 3 -> (int) all.get(U16, take(2, key));
            case 4 -> Integer.toUnsignedLong(i32(key));
            case 5 -> i32(key);
            case 6 -> Float.intBitsToFloat(i32(key));
            case 7 -> all.get(ValueLayout.JAVA_BYTE, take(1, key)) != 0;
            case 8 -> text(key);
            case 9 -> list(key, depth + 1);
            case 10, 11 -> i64(key);
            case 12 -> Double.longBitsToDouble(i64(key));
            default -> throw fault("%s: value type is %d, expected 0 to 12".formatted(key, type));
        };
    }

    private Object list(String key, int depth) {
        if (depth > MAX_DEPTH) throw fault("%s: lists nest more than %d deep".formatted(key, MAX_DEPTH));
        int type = i32(key);
        if (type < 0 || type > 12) throw fault("%s: value type is %d, expected 0 to 12".formatted(key, type));
        long count = count(key, WIDTHS[type]);
        hold(count * 8, key);
        int n = Math.toIntExact(count);
        return switch (type) {
            case 4 ->
                LongStream.range(0, n)
                        .map(_ -> Integer.toUnsignedLong(i32(key)))
                        .toArray();
            case 5 -> values(n, 4, key).toArray(U32);
            case 6 -> values(n, 4, key).toArray(F32);
            case 7 -> booleans(n, key);
            case 8, 9 -> {
                List<Object> values = new ArrayList<>(n);
                for (int i = 0; i < n; i++) values.add(value(type, key, depth));
                yield values;
            }
            case 10, 11 -> values(n, 8, key).toArray(U64);
            case 12 -> values(n, 8, key).toArray(F64);
            default ->
                IntStream.range(0, n)
                        .map(_ -> (Integer) value(type, key, depth))
                        .toArray();
        };
    }

    private MemorySegment values(long n, long width, String key) {
        return all.asSlice(take(n * width, key), n * width);
    }

    private boolean[] booleans(int n, String key) {
        boolean[] a = new boolean[n];
        for (int i = 0; i < n; i++) a[i] = (Boolean) value(7, key, 0);
        return a;
    }
}
