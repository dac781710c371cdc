package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes a GGUF file of version 3, as `Gguf` and llama.cpp read it: one tensor in memory at a time.
///
/// ```
/// "GGUF" | u32 3 | u64 tensors | u64 pairs | pairs | names, shapes, types, offsets | padding | values, each padded
/// ```
public final class GgufWriter {

    private static final int VERSION = 3;
    private static final int ALIGNMENT = 32;
    private static final int MAX_AXES = 4;

    /// llama.cpp keeps names in 64 bytes, the last of them 0.
    private static final int MAX_NAME = 63;

    private static final long CHUNK = 8L << 20;

    private GgufWriter() {}

    /// Writes the file; it appears complete or not at all.
    ///
    /// @param metadata texts, flags, floats, whole numbers (u32 where they fit), and lists of them: `List<String>`,
    ///     `float[]`, `int[]`, `boolean[]`; in the order of the map
    /// @param tensors written one after the other, in this order; see `TensorSource`
    /// @throws CheckpointException if a name, a type, a shape or a value has no place in the format, or the file
    ///     cannot be written; nothing is left behind then
    public static void write(Path file, Map<String, Object> metadata, Collection<TensorSource> tensors) {
        List<TensorSource> sources = List.copyOf(tensors);
        byte[] front = front(file, metadata, sources);
        AtomicFiles.write(file, out -> {
            AtomicFiles.writeFully(out, ByteBuffer.wrap(front));
            pad(out, front.length);
            for (TensorSource s : sources) pad(out, values(file, s, out));
        });
    }

    private static byte[] front(Path file, Map<String, Object> metadata, List<TensorSource> sources) {
        GgufBytesOut out = new GgufBytesOut(file);
        out.raw("GGUF".getBytes(StandardCharsets.US_ASCII));
        out.i32(VERSION).i64(sources.size()).i64(metadata.size());
        metadata.forEach(out::pair);
        Set<String> names = new HashSet<>();
        long offset = 0;
        for (TensorSource s : sources) {
            if (!names.add(s.name())) throw new CheckpointException(file, "tensor " + s.name() + ": the name is taken");
            GgufType type = type(file, s);
            out.text(s.name()).i32(s.shape().rank());
            for (int axis = s.shape().rank() - 1; axis >= 0; axis--)
                out.i64(s.shape().dim(axis));
            out.i32(type.number()).i64(offset);
            offset += aligned(type.bytes(s.shape().size()));
        }
        return out.bytes();
    }

    /// The type in the file, after a check of all that the format bounds.
    private static GgufType type(Path file, TensorSource s) {
        Shape shape = s.shape();
        String what = "tensor " + s.name() + ": ";
        if (!GgufType.hasPlaceFor(s.dtype())) {
            throw new CheckpointException(
                    file, what + "dtype is %s, which we do not write as GGUF".formatted(s.dtype()));
        }
        GgufType type = GgufType.of(s.dtype());
        if (shape.rank() < 1 || shape.rank() > MAX_AXES || shape.last() % type.blockSize() != 0) {
            throw new CheckpointException(
                    file,
                    what
                            + "shape is %s, expected 1 to 4 axes and rows that are a multiple of %d for %s"
                                    .formatted(shape, type.blockSize(), type));
        }
        if (s.name().getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
            throw new CheckpointException(file, what + "the name is longer than %d bytes".formatted(MAX_NAME));
        }
        return type;
    }

    private static long values(Path file, TensorSource s, WritableByteChannel out) throws IOException {
        Tensor t = s.values().get();
        if (t.dtype() != s.dtype() || !t.shape().equals(s.shape())) {
            throw new CheckpointException(
                    file, "tensor %s: source gave %s, expected %s%s".formatted(s.name(), t, s.dtype(), s.shape()));
        }
        MemorySegment data = t.data();
        for (long at = 0; at < data.byteSize(); at += CHUNK) {
            long n = Math.min(CHUNK, data.byteSize() - at);
            AtomicFiles.writeFully(out, data.asSlice(at, n).asByteBuffer());
        }
        return data.byteSize();
    }

    private static void pad(WritableByteChannel out, long written) throws IOException {
        AtomicFiles.writeFully(out, ByteBuffer.allocate((int) (aligned(written) - written)));
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, (long) ALIGNMENT) * ALIGNMENT;
    }
}
