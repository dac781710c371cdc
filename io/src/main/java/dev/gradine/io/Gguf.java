package dev.gradine.io;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// One GGUF file, version 1, 2 or 3, little-endian.
///
/// ```
/// "GGUF" | u32 version | count tensors | count pairs | pairs (key, type, value)
/// | tensors (name, rank, extents innermost first, type, offset) | padding | values, each aligned
/// ```
///
/// Shapes are given outermost first here. Rows of q and k of a Llama are as the file has them, interleaved;
/// `Checkpoint` puts them in Hugging Face's order.
public final class Gguf implements WeightFile {

    private static final long MAX_ALIGNMENT = 1 << 16;

    /// Of version 1: length of the name, rank, type, offset.
    private static final long MIN_TENSOR_BYTES = 20;

    /// Of version 1: length of the key, type, value.
    private static final long MIN_PAIR_BYTES = 9;

    private final Path path;
    private final MemorySegment all;
    private final int version;
    private final Map<String, Object> metadata;
    private final Map<String, Entry> entries;

    /// @param begin offset of the first byte; while the front part is read, from the start of the values
    private record Entry(TensorInfo info, GgufType type, long begin) {}

    private Gguf(Path path, MemorySegment all, int version, Map<String, Object> metadata, Map<String, Entry> entries) {
        this.path = path;
        this.all = all;
        this.version = version;
        this.metadata = metadata;
        this.entries = entries;
    }

    /// Maps the file and checks all of its front part.
    ///
    /// @param arena keeps the map: tensors must not outlive it
    /// @throws CheckpointException names the file, the key or tensor and what is wrong with it
    public static Gguf open(Path file, Arena arena) {
        MemorySegment all = MappedFile.map(file, arena);
        byte[] magic = {'G', 'G', 'U', 'F'};
        if (all.byteSize() < 4 || all.asSlice(0, 4).mismatch(MemorySegment.ofArray(magic)) >= 0) {
            throw new CheckpointException(file, "does not start with GGUF");
        }
        GgufCursor in = new GgufCursor(file, all);
        int version = in.i32("version");
        if (version < 1 || version > 3) {
            boolean swapped = Integer.reverseBytes(version) >= 1 && Integer.reverseBytes(version) <= 3;
            throw new CheckpointException(
                    file,
                    swapped
                            ? "is big-endian, expected little-endian"
                            : "version is %s, expected 1, 2 or 3".formatted(Integer.toUnsignedString(version)));
        }
        in.setVersion(version);
        long tensors = in.count("tensors", MIN_TENSOR_BYTES);
        Map<String, Object> metadata = metadata(in, in.count("metadata", MIN_PAIR_BYTES));
        List<Entry> found = entries(file, in, tensors);
        long alignment = alignment(file, metadata);
        long start = Math.ceilDiv(in.at(), alignment) * alignment;
        return new Gguf(file, all, version, metadata, place(file, found, start, alignment, all.byteSize()));
    }

    private static Map<String, Object> metadata(GgufCursor in, long pairs) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        for (long i = 0; i < pairs; i++) {
            String key = in.text("metadata key");
            int type = in.i32(key);
            if (metadata.put(key, in.value(type, key)) != null) throw in.fault(key + ": the key comes twice");
        }
        return metadata;
    }

    private static List<Entry> entries(Path file, GgufCursor in, long tensors) {
        List<Entry> entries = new ArrayList<>();
        for (long i = 0; i < tensors; i++) {
            String name = in.text("tensor name");
            String what = "tensor " + name;
            int rank = in.i32(what);
            if (rank < 0 || rank > 4) {
                throw in.fault("%s: %s axes, expected at most 4".formatted(what, Integer.toUnsignedString(rank)));
            }
            List<Long> shape = new ArrayList<>();
            for (int axis = 0; axis < rank; axis++) shape.addFirst(in.extent(what));
            int number = in.i32(what);
            if (!GgufType.isKnown(number)) {
                throw in.fault("%s: type is number %s, which we do not know"
                        .formatted(what, Integer.toUnsignedString(number)));
            }
            GgufType type = GgufType.of(number);
            long values = Extents.values(file, name, shape);
            if ((shape.isEmpty() ? 1 : shape.getLast()) % type.blockSize() != 0) {
                throw in.fault("%s: shape is %s, expected rows that are a multiple of %d for %s"
                        .formatted(what, shape, type.blockSize(), type));
            }
            TensorInfo info = new TensorInfo(name, type.name(), shape, type.bytes(values));
            entries.add(new Entry(info, type, in.i64(what)));
        }
        return entries;
    }

    private static long alignment(Path file, Map<String, Object> metadata) {
        Object value = metadata.getOrDefault("general.alignment", 32L);
        boolean whole = value instanceof Long || value instanceof Integer;
        long alignment = whole ? ((Number) value).longValue() : 0;
        if (alignment < 1 || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
            throw new CheckpointException(
                    file,
                    "general.alignment is %s, expected a power of two up to %d"
                            .formatted(Shown.of(value), MAX_ALIGNMENT));
        }
        return alignment;
    }

    /// Makes offsets absolute, once each is known to be aligned, within the file and clear of its neighbours.
    private static Map<String, Entry> place(Path file, List<Entry> found, long start, long alignment, long size) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        for (Entry e : found) {
            String name = e.info.name();
            if (e.begin % alignment != 0) {
                throw new CheckpointException(
                        file,
                        "tensor %s: offset is %s, expected a multiple of %d"
                                .formatted(name, Long.toUnsignedString(e.begin), alignment));
            }
            if (e.begin < 0 || e.info.bytes() > size - start || e.begin > size - start - e.info.bytes()) {
                throw new CheckpointException(
                        file,
                        "tensor %s: %d bytes at offset %s, but only %d bytes of values are there"
                                .formatted(
                                        name,
                                        e.info.bytes(),
                                        Long.toUnsignedString(e.begin),
                                        Math.max(0, size - start)));
            }
            if (entries.put(name, new Entry(e.info, e.type, start + e.begin)) != null) {
                throw new CheckpointException(file, "tensor %s: the name comes twice".formatted(name));
            }
        }
        List<Entry> sorted = new ArrayList<>(entries.values());
        sorted.sort(Comparator.comparingLong(Entry::begin)
                .thenComparingLong(e -> e.info().bytes()));
        for (int i = 1; i < sorted.size(); i++) {
            Entry a = sorted.get(i - 1);
            Entry b = sorted.get(i);
            if (b.begin < a.begin + a.info.bytes()) {
                throw new CheckpointException(
                        file, "tensor %s: overlaps tensor %s".formatted(b.info.name(), a.info.name()));
            }
        }
        return entries;
    }

    /// Key-value pairs: `Integer`, `Long`, `Float`, `Double`, `Boolean`, `String`; for a list `int[]`, `long[]`,
    /// `float[]`, `double[]`, `boolean[]`, `List<String>`, or `List<Object>` of lists.
    public Map<String, Object> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public String format() {
        return "gguf v" + version;
    }

    @Override
    public List<TensorInfo> tensors() {
        return entries.values().stream().map(Entry::info).toList();
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    @Override
    public Tensor tensor(String name) {
        Entry e = entries.get(name);
        if (e == null) throw new CheckpointException(path, "no tensor " + name);
        if (!e.type.isLoadable()) {
            throw new CheckpointException(
                    path, "tensor %s: type is %s, expected one of %s".formatted(name, e.type, GgufType.loadable()));
        }
        return new Tensor(all.asSlice(e.begin, e.info.bytes()), e.type.dtype(), Extents.shape(path, e.info));
    }
}
