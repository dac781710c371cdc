package dev.gradine.io;

import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Streams a `.safetensors` file as the format's reference writer lays it out: metadata first, then the tensors by
/// descending width of their type and by name, the header padded with spaces to a multiple of 8 bytes.
final class SafetensorsWriter {

    /// One buffer's worth: a channel takes at most 2 GiB at a time.
    private static final long CHUNK = 8L << 20;

    private final Path file;
    private final List<TensorSource> sources;
    private final byte[] header;

    /// Checks everything that can be checked before the first byte is written.
    SafetensorsWriter(Path file, Map<String, String> metadata, Collection<TensorSource> tensors) {
        this.file = file;
        this.sources = tensors.stream()
                .sorted(Comparator.<TensorSource>comparingInt(s -> -s.dtype().blockBytes())
                        .thenComparing(TensorSource::name))
                .toList();
        this.header = header(metadata);
    }

    private byte[] header(Map<String, String> metadata) {
        Map<String, Object> json = new LinkedHashMap<>();
        if (!metadata.isEmpty()) json.put("__metadata__", new TreeMap<>(metadata));
        long at = 0;
        for (TensorSource s : sources) {
            if (!SafetensorsType.hasPlaceFor(s.dtype())) {
                throw new CheckpointException(
                        file, "tensor %s: dtype is %s, which safetensors does not have".formatted(s.name(), s.dtype()));
            }
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", s.dtype().name());
            entry.put("shape", s.shape().toArray());
            long end = at + s.dtype().bytes(s.shape().size());
            entry.put("data_offsets", new long[] {at, end});
            at = end;
            if (s.name().equals("__metadata__") || json.put(s.name(), entry) != null) {
                throw new CheckpointException(file, "tensor " + s.name() + ": the name is taken");
            }
        }
        byte[] text = Json.line(json).getBytes(StandardCharsets.UTF_8);
        int padded = Math.ceilDiv(text.length, 8) * 8;
        if (padded > SafetensorsHeader.MAX_BYTES) {
            throw new CheckpointException(
                    file, "header of %d bytes, expected at most %d".formatted(padded, SafetensorsHeader.MAX_BYTES));
        }
        byte[] bytes = Arrays.copyOf(text, padded);
        Arrays.fill(bytes, text.length, padded, (byte) ' ');
        return bytes;
    }

    /// Writes the header, then asks one source after the other.
    void writeTo(WritableByteChannel out) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        AtomicFiles.writeFully(out, length.putLong(header.length).flip());
        AtomicFiles.writeFully(out, ByteBuffer.wrap(header));
        for (TensorSource s : sources) {
            Tensor t = s.values().get();
            if (t.dtype() != s.dtype() || !t.shape().equals(s.shape())) {
                throw new CheckpointException(
                        file, "tensor %s: source gave %s, expected %s%s".formatted(s.name(), t, s.dtype(), s.shape()));
            }
            write(out, t.data());
        }
    }

    private static void write(WritableByteChannel out, MemorySegment data) throws IOException {
        for (long at = 0; at < data.byteSize(); at += CHUNK) {
            long n = Math.min(CHUNK, data.byteSize() - at);
            AtomicFiles.writeFully(out, data.asSlice(at, n).asByteBuffer());
        }
    }
}
